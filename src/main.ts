import { looksAtLinks, versionDocument } from "./cni/versions.ts";
import { readStdin } from "./host/stdio.ts";

// What a call does not need is not loaded for it: a Pod's start waits for it. `require` takes effect where it stands, and
// scripts/build.ts makes a file of its own, within the executable, of what is loaded by it.

const command = process.env["CNI_COMMAND"] ?? "";
if (command === "VERSION") {
  // Not by node:fs, which takes a quarter of an empty program's time to load. Where this can't write, that way tells why.
  Bun.write(Bun.stdout, `${versionDocument()}\n`).then(() => process.exit(0), runPlugin);
} else if (command !== "") {
  runPlugin();
} else {
  const words = process.argv.slice(2);
  if (words.length > 0) loadCommandLine().runCommandLine(words).then(process.exit);
  else process.exit(loadPlugin().tellAbout());
}

function runPlugin(): void {
  // Runtimes start plugins in folders that are gone or out of reach.
  process.chdir("/");
  const looks = looksAtLinks(command);
  // While the rest is loaded, standard input arrives by another thread and `ip` gets ready on another processor. What looks at
  // no links has little to load, and reads by itself.
  const stdin = command === "VERSION" ? undefined : readStdin({ beside: looks });
  const look = looks ? loadLook().startLook() : undefined;
  loadPlugin().runPlugin({ look, stdin }).then(process.exit);
}

function loadLook() {
  return require("./observe/start.ts") as typeof import("./observe/start.ts");
}

function loadPlugin() {
  return require("./cni/run.ts") as typeof import("./cni/run.ts");
}

function loadCommandLine() {
  return require("./cli/run.ts") as typeof import("./cli/run.ts");
}
