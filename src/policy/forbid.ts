import { contains, parseSubnet, type Subnet } from "../config/addresses.ts";
import { matches } from "../config/patterns.ts";
import { type Conflict, type Current, type Desired, type DesiredPath, findLink, type Link } from "../model.ts";
import { policyPath } from "./path.ts";
import { type Policy, parseRanges } from "./schema.ts";

/**
 * What the policy forbids of a config, as conflicts. Pure.
 *
 * A NIC is known by each of its names, so that none gets around a `deny`, and as what lies below a listed link: the slaves of
 * a bond or bridge, the parent of a VLAN.
 *
 * @param below the links that the config's links stand on, as far down as there are
 */
export function findForbidden(policy: Policy, desired: Desired, current: Current, below: readonly Link[]): Conflict[] {
  const found: Conflict[] = [];
  const forbid: Forbid = (link, what) => {
    found.push({ reason: "forbidden", link, message: `the node's policy ${policyPath} forbids ${what}` });
  };
  const { bond, interfaces } = desired;
  const inPod = desired.place === "pod";
  if (policy.linkInContainer === false && inPod && desired.path === undefined)
    forbid(interfaces.join(","), "linkInContainer: leave the entry out");
  if (desired.path) forbidPath(policy, desired.path, forbid);
  const { ipamTypes } = policy;
  if (ipamTypes && desired.ipam !== undefined && !ipamTypes.includes(desired.ipam)) {
    forbid(desired.ipam, `the IPAM plugin ${desired.ipam}, it allows ${ipamTypes.join(", ") || "none"}: use another`);
  }
  const pluginTypes = policy.pluginTypes ?? findOwnTypes(policy);
  if (desired.plugin !== undefined && policy.plugin === false) forbid(desired.plugin, "plugin: leave the entry out");
  else if (pluginTypes && desired.plugin !== undefined && !pluginTypes.includes(desired.plugin)) {
    const allowed = pluginTypes.join(", ") || "none";
    const how = policy.pluginTypes ? "" : " where it limits interfaces or vlanIDs and has no pluginTypes";
    forbid(desired.plugin, `the main plugin ${desired.plugin}, it allows ${allowed}${how}: use another`);
  }
  if (!inPod && policy.bond === false && bond)
    forbid(bond.name, `bonds, the config asks for ${bond.name}: leave bond out`);
  if (policy.allowInUse === false && desired.allowInUse) {
    forbid(interfaces.join(","), "allowInUse: leave it out of the config");
  }
  if (policy.removeUnused === false && desired.removeUnused) {
    forbid(interfaces.join(","), "removeUnused: leave it out of the config");
  }
  if (policy.probe === false && !inPod && desired.probe)
    forbid(interfaces.join(","), "probe: leave it out of the config");
  for (const { id, name, what, advice } of policy.vlanIDs === undefined ? [] : listIDs(desired, current, below)) {
    if (!parseRanges(policy.vlanIDs ?? "")?.some(([first, last]) => first <= id && id <= last)) {
      forbid(name, `VLAN ${id}${what}, it allows ${policy.vlanIDs}: ${advice}`);
    }
  }
  // The other rules are about the links of the node.
  if (inPod) return found;
  for (const { what, names, mustBeAllowed } of listSubjects(desired, current, below)) {
    const denial = findDenial(policy, names, { mustBeAllowed });
    if (denial !== undefined) forbid(names[0] ?? "", `${what}, ${denial}: use another`);
  }
  return found;
}

/** Main plugins that use the NIC that they are given, and nothing else of the node: no VLAN, no bridge, no device of their own config. */
const typesOnNic = ["ipvlan", "macvlan"];

/** Where the policy is about NICs or VLANs, a plugin that finds them in its own config would get around it. */
function findOwnTypes({ interfaces, vlanIDs }: Policy): readonly string[] | undefined {
  const isAboutNics = interfaces?.allow !== undefined || interfaces?.deny !== undefined;
  return isAboutNics || vlanIDs !== undefined ? typesOnNic : undefined;
}

type Forbid = (link: string, what: string) => void;

/** A way into a subnet is allowed where one that is allowed holds all of it. */
function forbidPath(policy: Policy, { subnets, addresses }: DesiredPath, forbid: Forbid): void {
  const { nodePath, nodePathRoutes, nodePathAddresses } = policy;
  if (nodePath === false) forbid("nodePath", "nodePath: leave the entry out");
  for (const text of listOutside(subnets, nodePathRoutes)) {
    forbid(text, `the route ${text}, it allows subnets of ${nodePathRoutes?.join(", ") || "none"}: leave it out`);
  }
  const hosts = addresses.map((address) => `${address}/${address.includes(":") ? 128 : 32}`);
  for (const text of listOutside(hosts, nodePathAddresses)) {
    const allowed = nodePathAddresses?.join(", ") || "none";
    forbid(
      text,
      `nodePath to a Pod with the address ${text.split("/")[0]}, it allows ${allowed}: give the Pod another`,
    );
  }
}

/** Those that none of the allowed subnets holds; where nothing is said of what is allowed, all is. */
function listOutside(texts: readonly string[], allowed: readonly string[] | undefined): readonly string[] {
  if (allowed === undefined) return [];
  const outer = allowed.flatMap((text) => parseSubnet(text) ?? []);
  const isWithin = (inner: Subnet) =>
    outer.some((subnet) => subnet.prefixLength <= inner.prefixLength && contains(subnet, inner));
  return texts.filter((text) => {
    const subnet = parseSubnet(text);
    return subnet === undefined || !isWithin(subnet);
  });
}

/** How the policy denies a link with these names, in words; `undefined`: it does not. */
export function findDenial(
  { interfaces }: Policy,
  names: readonly string[],
  { mustBeAllowed }: { mustBeAllowed: boolean },
): string | undefined {
  const { allow, deny = [] } = interfaces ?? {};
  const fits = (pattern: string) => names.some((name) => matches(pattern, name));
  const denial = deny.find(fits);
  if (denial !== undefined) return `it denies ${denial}`;
  if (!mustBeAllowed || allow === undefined || allow.some(fits)) return undefined;
  return `it allows only ${allow.join(", ") || "none"}`;
}

/** The ids of the VLANs that a config makes, and on the node of those that it uses: a listed interface may be one. */
function listIDs({ interfaces, vlans, place }: Desired, current: Current, below: readonly Link[]) {
  const made = vlans.map(({ id, name }) => ({ id, name, what: "", advice: "set another vlanID" }));
  if (place === "pod") return made;
  const own = new Set(vlans.flatMap(({ name, shortName }) => [name, shortName]));
  const listed = interfaces.flatMap((name) => findLink(current, name) ?? []);
  const used = [...new Set([...listed, ...below])].flatMap(({ name, vlan }) =>
    vlan === undefined || own.has(name)
      ? []
      : [{ id: vlan.id, name, what: `, which ${name} is`, advice: "use another interface" }],
  );
  return [...made, ...used];
}

/** Something that a config uses on the node, with all its names. */
interface Subject {
  readonly what: string;
  readonly names: readonly string[];
  readonly mustBeAllowed: boolean;
}

function listSubjects({ interfaces, bond, vlans }: Desired, current: Current, below: readonly Link[]): Subject[] {
  const nics = interfaces.map((name) => ({
    what: `the interface ${name}`,
    names: namesOf(name, current),
    mustBeAllowed: true,
  }));
  const bonds = bond ? [bond.name] : [];
  const existing = bond && findLink(current, bond.name);
  const made = [...bonds, ...vlans.map(({ name }) => name)].map((name) => ({
    what: `the name ${name}`,
    names: namesOf(name, current),
    mustBeAllowed: false,
  }));
  const known = new Set(nics.flatMap(({ names }) => names));
  const lower = below
    .filter(({ name }) => !known.has(name))
    .map((link) => ({
      what: `${link.name}, which ${link.master ? `belongs to ${link.master}` : "lies below what the config names"}`,
      names: [link.name, ...link.altNames],
      // Who joins a bond uses all its NICs.
      mustBeAllowed: existing !== undefined && link.master === existing.name,
    }));
  return [...nics, ...made, ...lower];
}

function namesOf(name: string, current: Current): readonly string[] {
  const link = findLink(current, name);
  return [...new Set([name, ...(link ? [link.name, ...link.altNames] : [])])];
}
