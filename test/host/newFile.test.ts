import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { putTextFile } from "../../src/host/newFile.ts";

test("a text of which the disk takes a part only leaves the earlier file as it was", () => {
  const folder = mkdtempSync(`${tmpdir()}/ifacer-file-`);
  try {
    const path = `${folder}/net.yaml`;
    putTextFile(path, "# ours, before", { mark: "#", root: "" });
    const script = `
      import { putTextFile } from ${JSON.stringify(`${import.meta.dir}/../../src/host/newFile.ts`)};
      try { putTextFile(process.argv.at(-1), "#".repeat(100_000), { mark: "#", root: "" }); console.log("written"); }
      catch (cause) { console.log(cause.code, cause.message); }`;
    // The most bytes of a file: write(2) says of the text that reaches beyond it how much of it there was room for, as of a full disk.
    const limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    const command = ["sh", "-c", limited, "sh", process.execPath, "-e", script, path];
    const { stdout } = Bun.spawnSync(command, { stderr: "inherit" });
    expect(stdout.toString()).toStartWith(`5 ${path} can't be written: EFBIG`);
    expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["# ours, before", ["net.yaml"]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
