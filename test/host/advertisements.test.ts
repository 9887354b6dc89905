import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { ignoreAdvertisements } from "../../src/host/advertisements.ts";

function withFolder(work: (folder: string) => Promise<void>) {
  return async () => {
    const folder = mkdtempSync(`${tmpdir()}/conf-`);
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test(
  "the link's sysctl is 0 afterwards, and 0 is left alone",
  withFolder(async (folder) => {
    mkdirSync(`${folder}/ifp0`);
    writeFileSync(`${folder}/ifp0/accept_ra`, "1\n");
    for (const _ of ["set", "left"]) {
      await ignoreAdvertisements("ifp0", folder);
      expect(readFileSync(`${folder}/ifp0/accept_ra`, "utf8")).toBe("0\n");
    }
  }),
);

test(
  "without IPv6 there is nothing to set",
  withFolder(async (folder) => {
    await ignoreAdvertisements("ifp0", folder);
    expect(readFileSync.bind(undefined, `${folder}/ifp0/accept_ra`)).toThrow();
  }),
);

test(
  "what can't be set makes the call fail",
  withFolder(async (folder) => {
    mkdirSync(`${folder}/ifp0/accept_ra`, { recursive: true });
    await expect(ignoreAdvertisements("ifp0", folder)).rejects.toThrow("can't be set to 0");
  }),
);
