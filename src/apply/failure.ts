import { bondOptions } from "../config/bondTable.ts";
import { longestName } from "../config/names.ts";
import { CniError, Code } from "../error.ts";
import { type IpRun, runIp } from "../host/ip.ts";
import { type Driver, isLoaded, readRelease } from "../host/proc.ts";
import type { Change, Drift, Plan } from "../model.ts";
import { describeLack } from "../plan/describe.ts";
import { showCommand } from "../plan/shell.ts";
import { writeLines } from "./lines.ts";

/** What is known of a failed ADD. */
export interface Failure {
  readonly changes: readonly Change[];
  /** The lines that came before them. */
  readonly lead?: readonly string[] | undefined;
  readonly run: IpRun;
  /** What was still to be done when it stopped. */
  readonly rest: Plan;
  /** Options that were set and had no effect. */
  readonly ignored: readonly Drift[];
  /** The `ip` lines that undoing should have done and did not; empty: the host is as it was. */
  readonly left: readonly string[];
  /** The links that undoing left alone, as somebody stands on them by now. */
  readonly kept: readonly string[];
  /** What stays lost, in words, as somebody put something else in its place. */
  readonly moved: readonly string[];
}

/** The error for a failed ADD: the step, the kernel's words, and whether the host is as it was before. */
export async function explainFailure(failure: Failure): Promise<CniError> {
  const { changes, lead = [], run, rest, ignored, left, kept, moved } = failure;
  const apart = lead[findLine(run) - 1];
  const step = apart === undefined ? findStep(changes, run, { rest, lead }) : undefined;
  const lack =
    apart !== undefined
      ? `'${showCommand(apart)}' failed`
      : step
        ? describeLack(step)
        : (rest.conflicts[0]?.message ?? "an option had no effect");
  const unsupported =
    (await explainIgnored(ignored)) ??
    (step && ((await explainMissingDriver(step)) ?? explainNoAltNames(step, run))) ??
    (await explainOldIp(run));
  const kernelWords = run.stderr.split("\n")[0] || explainSilence(run);
  // The kernel took all, and what came of it is in the way: an address that somebody else has.
  const [conflict] = run.status === 0 ? rest.conflicts : [];
  if (conflict) return new CniError(Code.conflict, `${conflict.message}; ${describeUndone({ left, kept, moved })}`);
  return new CniError(
    unsupported ? Code.notSupported : Code.ipFailed,
    `${lack}: ${unsupported ?? kernelWords}; ${describeUndone({ left, kept, moved })}`,
    {
      details: [
        `step: ${step ? writeLines(step).join("; ") : "none was left"}`,
        `command: ${run.command}, exit status ${run.status}`,
        `stderr: ${run.stderr}`,
        "input:",
        ...lead,
        ...changes.flatMap(writeLines),
        ...(left.length > 0 ? ["left to undo:", ...left.map(showCommand)] : []),
      ].join("\n"),
    },
  );
}

/**
 * The step that was refused: `ip` tells the number of its line, if it comes to that. What is to be done next is another step
 * where the refusal had consequences: a bond that is left empty gets another MAC, so that it would have to be configured.
 */
function findStep(
  changes: readonly Change[],
  run: IpRun,
  { rest, lead }: { rest: Plan; lead: readonly string[] },
): Change | undefined {
  const number = findLine(run);
  let lines = lead.length;
  const refused = changes.find((change) => {
    lines += writeLines(change).length;
    return number > 0 && lines >= number;
  });
  if (refused !== undefined && rest.changes.length > 0) return refused;
  const lacking = new Set(rest.changes.map(describeLack));
  return changes.find((change) => lacking.has(describeLack(change))) ?? rest.changes[0];
}

/** The number of the line that was refused; 0: `ip` does not tell. */
function findLine({ stderr }: IpRun): number {
  return Number(/^Command failed -:(\d+)$/m.exec(stderr)?.[1] ?? 0);
}

function explainSilence({ status }: IpRun): string {
  if (status !== 0) return `ip ended with status ${status} and said nothing`;
  return "ip had done it, and then it was gone again: somebody else on this node changes these links, such as NetworkManager, systemd-networkd or an admin, see 'ifacer doctor'";
}

export function describeUndone({ left, kept, moved }: Pick<Failure, "left" | "kept" | "moved">): string {
  const elsewhere = moved.length > 0 ? `; ${describeMoved(moved)}` : "";
  if (left.length > 0) return `undoing failed too, run: ${left.map(showCommand).join("; ")}${elsewhere}`;
  return `${kept.length > 0 ? `all was undone but ${kept.join(", ")}: in use by now` : "all was undone"}${elsewhere}`;
}

/** Nobody reads more of them. */
const mostMoved = 20;

export function describeMoved(moved: readonly string[]): string {
  const more = moved.length > mostMoved ? ` and ${moved.length - mostMoved} more` : "";
  return `not put back, as somebody gave their place to something else: ${moved.slice(0, mostMoved).join(", ")}${more}`;
}

const drivers: Partial<Record<Change["type"], Driver>> = { addBond: "bonding", addVlan: "8021q" };

async function explainMissingDriver({ type }: Change): Promise<string | undefined> {
  const driver = drivers[type];
  if (driver === undefined || (await isLoaded(driver))) return undefined;
  return `the kernel has no ${driver} driver: load it with 'modprobe ${driver}'`;
}

/** Linux has altnames from 5.5 on, iproute2 too. */
function explainNoAltNames(step: Change, { stderr }: IpRun): string | undefined {
  if (step.type !== "addAltName" || !/not supported|is unknown/.test(stderr)) return undefined;
  return `the kernel or the ip of this node knows no altnames: set vlan.name to a name of at most ${longestName} bytes`;
}

async function explainIgnored(ignored: readonly Drift[]): Promise<string | undefined> {
  const [first] = ignored;
  if (first === undefined) return undefined;
  const { link, what, current, desired } = first;
  const since = bondOptions.find(({ name }) => name === what)?.sinceKernel;
  const release = await readRelease();
  const advice = since
    ? `it came with Linux ${since}, this is ${release}: leave it out or update the kernel`
    : `this is Linux ${release}: leave it out`;
  return `${link} was given ${what}=${desired}, but has it ${current}, so this kernel does not know it; ${advice}`;
}

/** Words of a line that `ip` has no use for. All of them were checked, so that it is too old for them. */
async function explainOldIp({ stderr }: IpRun): Promise<string | undefined> {
  const [, ...words] =
    /unknown command "([^"]+)"|argument "([^"]+)" is wrong: invalid|^Command "([^"]+)" is unknown/m.exec(stderr) ?? [];
  const unknown = words.find((word) => word !== undefined);
  if (unknown === undefined) return undefined;
  const { stdout } = await runIp(["-Version"], []);
  const version = stdout.trim().replace(/^.*(iproute2-[^\s,]+).*$/, "$1");
  return `the ip of this node (${version}) does not know ${unknown}: leave it out of the config or install a newer iproute2`;
}
