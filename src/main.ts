import { versionDocument } from "./cni/versions.ts";
import { readStdin } from "./host/stdio.ts";

// What a call does not need is not loaded for it: a Pod's start waits for it. `require` takes effect where it stands, and
// scripts/build.ts makes a file of its own, within the executable, of what is loaded by it.

const command = process.env["CNI_COMMAND"] ?? "";
if (command === "VERSION") {
  // Not by node:fs, which takes a quarter of an empty program's time to load. Where this can't write, that way tells why.
  Bun.write(Bun.stdout, `${versionDocument()}\n`).then(
    () => process.exit(0),
    () => runPlugin(Promise.resolve(new Uint8Array())),
  );
} else if (command !== "") {
  // All else that DEL and GC have to do comes after it.
  runPlugin(readStdin({ beside: command !== "DEL" && command !== "GC" }));
} else {
  const words = process.argv.slice(2);
  if (words.length > 0) loadCommandLine().runCommandLine(words).then(process.exit);
  else process.exit(loadPlugin().tellAbout());
}

function runPlugin(stdin: Promise<Uint8Array>): void {
  loadPlugin().runPlugin(stdin).then(process.exit);
}

function loadPlugin() {
  return require("./cni/run.ts") as typeof import("./cni/run.ts");
}

function loadCommandLine() {
  return require("./cli/run.ts") as typeof import("./cli/run.ts");
}
