import { versionDocument } from "./cni/versions.ts";

// What a call does not need is not loaded for it: a Pod's start waits for it. `require` takes effect where it stands, and
// scripts/build.ts makes a file of its own, within the executable, of what is loaded by it.

const command = process.env["CNI_COMMAND"] ?? "";
if (command === "VERSION") {
  // Not by node:fs, which takes a quarter of an empty program's time to load. Where this can't write, that way tells why.
  Bun.write(Bun.stdout, `${versionDocument()}\n`).then(
    () => process.exit(0),
    () => loadPlugin().runPlugin().then(process.exit),
  );
} else if (command !== "") {
  loadPlugin().runPlugin().then(process.exit);
} else {
  const words = process.argv.slice(2);
  process.exit(words.length > 0 ? loadCommandLine().runCommandLine(words) : loadPlugin().tellAbout());
}

function loadPlugin() {
  return require("./cni/run.ts") as typeof import("./cni/run.ts");
}

function loadCommandLine() {
  return require("./cli/run.ts") as typeof import("./cli/run.ts");
}
