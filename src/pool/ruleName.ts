import type { RoutingRule } from "../model.ts";

/** What notes that Pods need a network's rule are kept by. It has blanks, which the names of links have not. */
export function nameRule({ from, table }: RoutingRule): string {
  return `from ${from.replace("/", "-")} lookup ${table}`;
}

/** The rule of such a name; `undefined`: it is none, such as that of a link. */
export function readRuleName(name: string): RoutingRule | undefined {
  const [, address, length, table] = /^from ([\d.]+)-(\d+) lookup (\d+)$/.exec(name) ?? [];
  return address && length && table ? { from: `${address}/${length}`, table } : undefined;
}
