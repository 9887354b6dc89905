import { CniError, Code } from "../error.ts";
import { runIp, startIp } from "../host/ip.ts";
import { readListeners, readVlanConfig } from "../host/proc.ts";
import type { Current, Desired } from "../model.ts";
import { assemble } from "./assemble.ts";
import { type IpOutput, parseIpOutput } from "./parse.ts";
import { askAbout, type Depth, isEnough, watchForEnd } from "./questions.ts";
import { aboutLoopback, lookArguments, type StartedLook } from "./start.ts";
import { parseVlanConfig } from "./vlanConfig.ts";

type Looking = { depth: "links"; look?: StartedLook } | { depth: Exclude<Depth, "links">; look?: undefined };

/**
 * Looks at what a config is about, in one run of `ip`. That links are not there is no failure.
 *
 * @param look one that was begun before, whose `ip` the caller waits for in the end
 *
 * Throws code 102 (no `ip`) or 103 (`ip` answered what can't be read).
 */
export async function observe(desired: Desired, looking: Looking): Promise<Current> {
  const seen = await lookOnce(desired, looking);
  for (const { sharedElsewhere } of seen.uses.values()) {
    if (sharedElsewhere) return (await import("./twice.ts")).confirm(seen, () => lookOnce(desired, { depth: "use" }));
  }
  return seen;
}

async function lookOnce(desired: Desired, { depth, look }: Looking): Promise<Current> {
  const ip = look ?? startIp(lookArguments);
  const vlans = depth === "use" ? parseVlanConfig(await readVlanConfig()) : [];
  const ids = new Set(desired.vlans.map(({ id }) => id));
  const lines = askAbout(desired, { vlans: vlans.filter(({ id }) => ids.has(id)), depth });
  const given = look ? [aboutLoopback, ...lines] : lines;
  const stdout = await ip.ask(lines, watchForEnd(given));
  if (look === undefined) await ip.end();
  const shown = isEnough(stdout, given) ? readOutput(stdout, desired) : undefined;
  if (shown === undefined) throw await explainOutput(lines);
  return assemble(shown, { vlans, isShared: depth === "use" ? await learnWhoIsShared(shown) : () => false });
}

/** Loaded only before something is changed. */
async function learnWhoIsShared({ links }: IpOutput): Promise<(nic: string) => boolean> {
  const { tellWhoIsShared } = await import("./listeners.ts");
  return tellWhoIsShared(await readListeners(), links);
}

/** Asks again, as what `ip` says on standard error is not kept when it answers. */
async function explainOutput(lines: readonly string[]): Promise<CniError> {
  const { command, status, stdout, stderr } = await runIp(lookArguments, lines);
  return new CniError(
    Code.ipFailed,
    `'${command}' can't look at the links of this node, its exit status is ${status}`,
    { details: `${stderr}\n${stdout.slice(0, 2000)}`.trim() },
  );
}

/** What `ip` showed; `undefined` where that is no JSON: another program may be called `ip`. */
function readOutput(stdout: string, { rules = [] }: Desired): IpOutput | undefined {
  try {
    return parseIpOutput(stdout, { table: rules[0]?.table });
  } catch {
    return undefined;
  }
}
