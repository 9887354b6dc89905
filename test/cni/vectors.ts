import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a plugin made with the reference library answered to one environment and standard input. */
export interface Vector {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly expect: { readonly rc: number; readonly code?: number; readonly stdout?: unknown };
}

const file = join(import.meta.dir, "../cases/protocol/cni-protocol.jsonl");

export const vectors: readonly Vector[] = readFileSync(file, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

/** A row title: what is asked, with what. */
export function titleOf({ env, stdin }: Vector): string {
  const { CNI_COMMAND: command = "", ...rest } = env;
  const usual: Record<string, string> = {
    CNI_CONTAINERID: "cid1",
    CNI_IFNAME: "net1",
    CNI_NETNS: "/var/run/netns/none",
    CNI_PATH: "/opt/cni/bin",
  };
  const unusual = Object.keys({ ...usual, ...rest })
    .filter((name) => rest[name] !== usual[name])
    .map((name) => (rest[name] === undefined ? `no ${name}` : `${name}=${JSON.stringify(rest[name])}`));
  return [command || "no command", ...unusual, JSON.stringify(stdin)].join(" ");
}

/** Both the reference's answer and the plain prevResult with the config's version are right; empty members don't matter. */
export function rightAnswers(vector: Vector): readonly unknown[] {
  const expected = vector.expect.stdout;
  if (typeof expected !== "object" || expected === null || vector.env["CNI_COMMAND"] !== "ADD") return [expected];
  const config: { prevResult?: Record<string, unknown> } = JSON.parse(vector.stdin);
  const { cniVersion } = expected as { cniVersion: string };
  const plain = Object.entries(config.prevResult ?? {}).filter(([name]) => name.toLowerCase() !== "cniversion");
  return [expected, { cniVersion, ...Object.fromEntries(plain) }].map(withoutEmpty);
}

/** The value without members that are null, empty lists, empty objects or empty texts. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const full = Object.entries(value)
    .map(([name, inner]) => [name, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== null && inner !== "" && !isEmpty(inner));
  return Object.fromEntries(full);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
