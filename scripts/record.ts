/**
 * record.ts [NAME...]: makes the node of each golden folder test/cases/plan/NAME (of all without a name) on a real kernel from
 * its setup.txt, and writes what is seen there, and the plan for it, into the folder. Look at the difference before you
 * commit it. With --print first, the files are printed as JSON instead: that is the part that runs on the other kernel.
 */
import { writeFileSync } from "node:fs";
import { plan } from "../src/plan/plan.ts";
import { lookAt, makeNode } from "../test/kernel/record.ts";
import { caseNames, folder, readDesired, see, showPlan } from "../test/plan/cases.ts";

type Files = Readonly<Record<string, string>>;

const [first, ...rest] = Bun.argv.slice(2);
if (first === "--print") process.stdout.write(JSON.stringify(await recordAll(rest)));
else writeAll(first === undefined ? caseNames : [first, ...rest]);

async function recordAll(names: readonly string[]): Promise<Record<string, Files>> {
  const recorded: Record<string, Files> = {};
  for (const name of names) {
    await using ns = await makeNode(name);
    const desired = readDesired(name);
    const files = await lookAt(ns, desired);
    recorded[name] = { ...files, "plan.txt": showPlan(plan(desired, see(files))) };
  }
  return recorded;
}

function writeAll(names: readonly string[]): void {
  const script = [process.execPath, import.meta.path, "--print", ...names];
  const run = Bun.spawnSync([`${import.meta.dir}/on-kernel.sh`, ...script], { stderr: "inherit" });
  if (!run.success) process.exit(1);
  const recorded: Record<string, Files> = JSON.parse(run.stdout.toString());
  for (const [name, files] of Object.entries(recorded)) {
    for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${name}/${file}`, text);
  }
}
