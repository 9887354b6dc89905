import type { Desired } from "../../model.ts";
import type { NodeLink } from "./nodeLinks.ts";

/**
 * The own names of the links that nobody but ifacer is to configure: those that it makes, and the slaves of its bonds. A NIC
 * that only bears a VLAN stays the node's. An altname that the config uses is looked up among the node's links.
 */
export function listLinksOfConfigs(desired: readonly Desired[], links: readonly NodeLink[]): string[] {
  const onNode = desired.filter(({ place }) => place === "node");
  const names = onNode.flatMap(({ bond, vlans }) => [
    ...(bond ? [bond.name, ...bond.slaves] : []),
    ...vlans.map(({ name, shortName }) => shortName ?? name),
  ]);
  const here = links.filter(({ namespace }) => namespace === undefined);
  const owners = new Map(here.flatMap(({ name, altNames }) => altNames.map((altName) => [altName, name] as const)));
  return unique(names.map((name) => owners.get(name) ?? name));
}

/** The same of what ifacer has made on this node, which carries its alias. */
export function listLinksOfNode(links: readonly NodeLink[]): string[] {
  const here = links.filter(({ namespace }) => namespace === undefined);
  const made = here.filter(({ alias }) => alias === "ifacer");
  const bonds = new Set(made.filter(({ kind }) => kind === "bond").map(({ name }) => name));
  const slaves = here.filter(({ master }) => bonds.has(master ?? ""));
  return unique([...made, ...slaves].map(({ name }) => name));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
