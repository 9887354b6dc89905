import { runIp } from "../host/ip.ts";
import { parseLine } from "../observe/json.ts";
import type { NeighbourRow } from "./lines.ts";

interface Direct {
  /** A link of the node that has an address in the same network as those that it asks for. */
  readonly link: string;
  readonly addresses: readonly string[];
  /** In seconds. */
  readonly timeout: number;
}

/** Lasts until the kernel has asked, as it tells of a state that it comes from. */
const asking = ["INCOMPLETE", "DELAY", "PROBE", "FAILED"];

/**
 * Asks from a link itself, with its own MAC and address, where a macvlan can't ask or gets no answer. What the node knows
 * already is asked again without forgetting it; what it did not know is forgotten again.
 *
 * @returns who answered, by address: MAC and time in ms
 */
export async function askDirectly({ link, addresses, timeout }: Direct) {
  const known = await show(link);
  const start = performance.now();
  const lines = addresses.map((address) => {
    const row = known.find(({ dst }) => dst === address);
    return row?.lladdr === undefined
      ? `neigh replace ${address} dev ${link} nud none use`
      : `neigh change ${address} dev ${link} nud probe`;
  });
  const permanent = (address: string) =>
    known.some(({ dst, state = [] }) => dst === address && state.includes("PERMANENT"));
  await runIp(
    ["-force", "-batch", "-"],
    lines.filter((_, index) => !permanent(addresses[index] ?? "")),
  );
  const answers = new Map<string, { readonly mac: string; readonly after: number }>();
  try {
    while (answers.size < addresses.length && performance.now() - start < timeout * 1000) {
      for (const { dst, lladdr, state = [] } of await show(link)) {
        if (!addresses.includes(dst) || permanent(dst) || answers.has(dst)) continue;
        if (lladdr === undefined || state.some((name) => asking.includes(name))) continue;
        answers.set(dst, { mac: lladdr, after: Math.round(performance.now() - start) });
      }
      await Bun.sleep(100);
    }
  } finally {
    const fresh = addresses.filter((address) => !known.some(({ dst }) => dst === address));
    await runIp(
      ["-force", "-batch", "-"],
      fresh.map((address) => `neigh delete ${address} dev ${link}`),
    );
  }
  return answers;
}

async function show(link: string): Promise<readonly NeighbourRow[]> {
  const { status, stdout } = await runIp(["-json", "neigh", "show", "dev", link, "nud", "all"], []);
  return status === 0 ? (parseLine(stdout || "[]") as unknown as NeighbourRow[]) : [];
}
