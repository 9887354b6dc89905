import { supportedVersions } from "../../protocol/versions.ts";
import { type Report, versioned } from "../show/report.ts";
import { line } from "../show/screen.ts";

/** Set by scripts/build.ts. */
declare const IFACER_VERSION: string;
declare const IFACER_COMMIT: string;

/** `ifacer version`: what this executable is. */
export function tellVersion(): Report {
  return {
    status: 0,
    text: [
      line(0, `ifacer ${IFACER_VERSION}`),
      line(0, `commit ${IFACER_COMMIT}`),
      line(0, `Bun ${Bun.version} (${Bun.revision.slice(0, 9)}), ${process.platform}-${process.arch}`),
      line(0, `CNI ${supportedVersions.join(", ")}`),
    ],
    json: versioned({
      ifacer: IFACER_VERSION,
      commit: IFACER_COMMIT,
      bun: Bun.version,
      bunRevision: Bun.revision,
      platform: `${process.platform}-${process.arch}`,
      cniVersions: supportedVersions,
    }),
  };
}
