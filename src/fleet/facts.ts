import { isObject, type Members, objects, sentence, shorten, strings, text, unique } from "./members.ts";

export interface StatusAnswer {
  readonly nics: readonly string[];
  readonly facts: readonly Fact[];
  /** What is wrong with links, in sentences. */
  readonly problems: readonly string[];
}

/** Something that links of the same name should have in common on all nodes. */
export interface Fact {
  /** `bond0.100`, or `VLAN 100`, which may be on another link. */
  readonly subject: string;
  /** `MTU`, `parent`, `mode`, `speed`, ..., or the name of a bond option. */
  readonly property: string;
  readonly value: string;
}

/** Reads the `links` of `ifacer status`. */
export function readStatus(given: unknown): StatusAnswer {
  const links = objects(given);
  // Those in Pods' namespaces are not the node's.
  const here = links.filter(({ namespace, name }) => text(namespace) === undefined && text(name) !== undefined);
  const own = unique(here, ({ name }) => name);
  return {
    // A dummy that something stands on is somebody's NIC; status shows no other.
    nics: own.filter(({ kind }) => kind === "nic" || kind === "dummy").map(({ name }) => sentence(name)),
    facts: [...own.flatMap(listFacts), ...listVlanFacts(own)],
    problems: unique(own.flatMap(({ problems }) => strings(problems).map(shorten))),
  };
}

function listFacts(link: Members): Fact[] {
  const subject = sentence(link["name"]);
  const vlan = isObject(link["vlan"]) ? link["vlan"] : {};
  const bond = isObject(link["bond"]) ? link["bond"] : {};
  const options = isObject(bond["options"]) ? bond["options"] : {};
  const values: readonly (readonly [property: string, value: unknown])[] = [
    ["kind", link["kind"]],
    ["MTU", link["mtu"]],
    ["driver", link["driver"]],
    ["speed", link["speed"]],
    ["master", link["kind"] === "nic" || link["kind"] === "dummy" ? (link["master"] ?? "nothing") : undefined],
    ["VLAN id", vlan["id"]],
    ["VLAN protocol", vlan["protocol"]],
    ["mode", bond["mode"]],
    ...Object.entries(options),
  ];
  return values.flatMap(([property, value]) => {
    if (typeof value !== "string" && typeof value !== "number") return [];
    return [{ subject, property: sentence(property), value: sentence(value) }];
  });
}

/** On which links a VLAN id is. */
function listVlanFacts(links: readonly Members[]): Fact[] {
  const parents = new Map<number, string[]>();
  for (const { vlan, parent } of links) {
    const id = isObject(vlan) ? vlan["id"] : undefined;
    if (typeof id !== "number" || typeof parent !== "string") continue;
    parents.set(id, [...(parents.get(id) ?? []), parent]);
  }
  return [...parents].map(([id, names]) => ({
    subject: `VLAN ${id}`,
    property: "parent",
    value: unique(names).toSorted().join(" and "),
  }));
}
