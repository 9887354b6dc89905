import { lacksStdout, readStdin } from "./host/stdio.ts";
import { looksAtLinks, versionDocument } from "./protocol/versions.ts";

// What a call does not need is not loaded for it: a Pod's start waits for it. scripts/build.ts makes a file of its own, within
// the executable, of what `import()` names.

const command = process.env["CNI_COMMAND"] ?? "";
if (command === "VERSION") {
  try {
    // Not by node:fs, which takes a quarter of an empty program's time to load.
    const lacking = lacksStdout();
    await Bun.write(Bun.stdout, `${versionDocument()}\n`);
    process.exit((await lacking) ? 1 : 0);
  } catch {
    // The way of the other commands tells why.
  }
}
process.exit(command === "" ? await runCommandLine(process.argv.slice(2)) : await runPlugin());

async function runPlugin(): Promise<number> {
  // Runtimes start plugins in folders that are gone or out of reach.
  process.chdir("/");
  const looks = looksAtLinks(command);
  // While the rest is loaded, standard input arrives by another thread and `ip` gets ready on another processor. What looks at
  // no links has little to load, and reads by itself.
  const stdin = command === "VERSION" ? undefined : readStdin({ beside: looks });
  // That it can't be read is told where it is needed; a call with a variable missing does not come that far.
  stdin?.catch(() => {});
  const look = looks ? (await import("./observe/start.ts")).startLook() : undefined;
  return (await import("./cni/run.ts")).runPlugin({ look, stdin });
}

async function runCommandLine(words: readonly string[]): Promise<number> {
  if (words.length === 0) return (await import("./cni/about.ts")).tellAbout();
  return (await import("./cli/run.ts")).runCommandLine(words);
}
