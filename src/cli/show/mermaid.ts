import type { NodeLink } from "../read/nodeLinks.ts";
import { placeOf } from "./around.ts";
import type { Group, Node } from "./topology.ts";
import { describeNode } from "./tree.ts";

/** Draws the groups as a Mermaid flowchart, from the NICs to what stands on them; links with problems are marked. */
export function drawMermaid(groups: readonly Group[]): string {
  const nodes = new Map<string, Node>();
  const edges = new Set<string>();
  const visit = (node: Node): void => {
    nodes.set(idOf(node.link), node);
    for (const child of node.children) {
      edges.add(`  ${idOf(node.link)} --> ${idOf(child.link)}`);
      visit(child);
    }
  };
  for (const { nics, bond } of groups) {
    for (const nic of nics) visit(nic);
    if (bond === undefined) continue;
    visit(bond);
    for (const nic of nics)
      edges.add(
        `  ${idOf(nic.link)} ${nic.link.slave?.active && nic.link.slave.linkUp ? "==>" : "-.->"} ${idOf(bond.link)}`,
      );
  }
  // A Pod's bond hangs below one of its slaves, the others lead there too.
  const named = new Map([...nodes.values()].map(({ link }) => [placeOf(link), link]));
  for (const { link } of nodes.values()) {
    const { namespace, master } = link;
    const bond = namespace && master ? named.get(placeOf({ namespace, name: master })) : undefined;
    if (bond) edges.add(`  ${idOf(link)} --> ${idOf(bond)}`);
  }
  const marked = [...nodes.values()].filter(({ problems }) => problems.length > 0).map(({ link }) => idOf(link));
  return [
    "flowchart LR",
    ...[...nodes.values()].map(({ link, problems }) => `  ${idOf(link)}["${describeForDiagram(link, problems)}"]`),
    ...edges,
    ...(marked.length > 0
      ? ["  classDef problem stroke:#c00,stroke-width:3px", `  class ${marked.join(",")} problem`]
      : []),
    "",
  ].join("\n");
}

function idOf({ namespace, index }: NodeLink): string {
  return namespace === undefined ? `link${index}` : `pod${Bun.hash.crc32(namespace)}_${index}`;
}

/** A line a fact; what Mermaid would read as its own is written as an entity. */
function describeForDiagram(link: NodeLink, problems: readonly string[]): string {
  const facts = [...describeNode(link).split(/: |, /), ...problems.map((problem) => `! ${problem}`)];
  return facts.map((fact) => fact.replace(/["#&<>`]/g, (character) => `#${character.charCodeAt(0)};`)).join("<br>");
}
