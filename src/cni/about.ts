import { writeAll } from "../host/stdioSync.ts";
import { supportedVersions } from "../protocol/versions.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;

/** Says what this is to who starts it without arguments, as plugins do. Returns the exit status. */
export function tellAbout(): number {
  const lines = [
    `ifacer ${IFACER_VERSION}: CNI plugin that makes bonds and VLANs for macvlan and ipvlan`,
    `CNI protocol versions supported: ${supportedVersions.join(", ")}`,
  ];
  try {
    writeAll(2, `${lines.join("\n")}\n`);
  } catch {
    // Standard error is closed or full.
  }
  return 0;
}
