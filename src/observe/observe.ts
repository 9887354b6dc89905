import { CniError, Code } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { readMulticast, readVlanConfig } from "../host/proc.ts";
import { type Current, type Desired, loopback, type VlanEntry } from "../model.ts";
import { assemble } from "./assemble.ts";
import { parseIpOutput, type Sight } from "./parse.ts";
import { askAbout, type Depth } from "./questions.ts";
import { looking, type StartedLook } from "./start.ts";
import { parseVlanConfig } from "./vlanConfig.ts";

/**
 * Looks at what a config is about, in one run of `ip`. That links are not there is no failure.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` answered what can't be read).
 */
export function observe(desired: Desired, { depth }: { depth: Depth }): Current {
  const { lines, vlans } = prepare(desired, { depth });
  return understand(runIp(looking, lines), { vlans, depth });
}

/** The same with the depth `links`, by an `ip` that was started before. */
export async function finishLook(look: StartedLook, desired: Desired): Promise<Current> {
  const { lines, vlans } = prepare(desired, { depth: "links" });
  return understand(await look.finish(lines), { vlans, depth: "links" });
}

function prepare(desired: Desired, { depth }: { depth: Depth }) {
  const vlans = desired.vlans.length > 0 || depth === "use" ? parseVlanConfig(readVlanConfig()) : [];
  const ids = new Set(desired.vlans.map(({ id }) => id));
  return { lines: askAbout(desired, { vlans: vlans.filter(({ id }) => ids.has(id)), depth }), vlans };
}

function understand(run: IpRun, { vlans, depth }: { vlans: readonly VlanEntry[]; depth: Depth }): Current {
  const { stdout, stderr, status, command } = run;
  const sight = readOutput(stdout);
  if (sight?.links.some(({ name }) => name === loopback)) {
    return assemble(sight, { vlans, multicast: depth === "use" ? readMulticast() : "" });
  }
  throw new CniError(Code.ipFailed, `'${command}' can't look at the links of this node, its exit status is ${status}`, {
    details: `${stderr}\n${stdout.slice(0, 2000)}`.trim(),
  });
}

/** What `ip` showed; `undefined` where that is not iproute2's JSON: another program may be called `ip`. */
function readOutput(stdout: string): Sight | undefined {
  try {
    return parseIpOutput(stdout);
  } catch {
    return undefined;
  }
}
