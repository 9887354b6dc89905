import { CniError, Code } from "../../error.ts";
import { JsonObject, member } from "../../json.ts";
import type { Current } from "../../model.ts";
import { convertResult, listOf } from "../../protocol/result.ts";

/** A path that leads to another namespace when the process has ended and its id is used again. */
const byProcess = /^\/+proc\/+\d+\//;

/**
 * Why a namespace is not that of the Pod which the result of the plugins before is about, in words; `undefined`: nothing speaks
 * against it. Of the interfaces that the result names, those that are there have other MACs.
 *
 * Only where the path goes by a process: elsewhere a namespace has a name of its own, and some plugins tell wrong MACs.
 */
export function findOtherPod(
  netns: string,
  { prevResult, seen }: { prevResult: JsonObject | undefined; seen: Current },
): string | undefined {
  if (!byProcess.test(netns)) return undefined;
  const pairs = listInterfaces(prevResult).flatMap(({ name, mac }) =>
    seen.links.filter((link) => link.name === name).map((link) => ({ name, mac, now: link.mac.toLowerCase() })),
  );
  const [first] = pairs;
  if (first === undefined || pairs.some(({ mac, now }) => mac === now)) return undefined;
  return `CNI_NETNS ${netns} leads to another Pod by now, the process id is used again: its ${first.name} has the MAC ${first.now}, that of the result has ${first.mac}`;
}

/** Throws code 3 where it is another one. */
export function refuseOtherPod(netns: string, about: { prevResult: JsonObject | undefined; seen: Current }): void {
  const fault = findOtherPod(netns, about);
  if (fault !== undefined) throw new CniError(Code.noNamespace, fault);
}

/** The interfaces of a result that are in a Pod and whose MAC is known. */
function listInterfaces(prevResult: JsonObject | undefined): { name: string; mac: string }[] {
  if (prevResult === undefined) return [];
  return listOf(readable(prevResult), "interfaces").flatMap((entry) => {
    const [name, mac, sandbox] = ["name", "mac", "sandbox"].map((key) => text(entry, key));
    return name && mac && sandbox ? [{ name, mac: mac.toLowerCase() }] : [];
  });
}

/** One that can't be read tells nothing. */
function readable(prevResult: JsonObject): JsonObject | undefined {
  try {
    return convertResult(prevResult, "1.1.0");
  } catch {
    return undefined;
  }
}

function text(entry: unknown, key: string): string {
  const value = entry instanceof JsonObject ? member(entry, key) : undefined;
  return typeof value === "string" ? value : "";
}
