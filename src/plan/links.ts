import { type Conflict, type Current, type Desired, findLink, loopback, type Plan } from "../model.ts";
import { planBond } from "./bond.ts";
import { inTheWay } from "./conflict.ts";
import { planVlan } from "./vlan.ts";

const nothing: Plan = { changes: [], conflicts: [], drift: [] };

/** The plan of links alone, which is all that the node's are about, and so all that is loaded for almost every call. */
export function planLinks(desired: Desired, current: Current): Plan {
  if (desired.bond === undefined && desired.vlans.length === 0) return nothing;
  const missing = findMissing(desired, current);
  const unfit = findLoopback(desired, current);
  if (missing.length + unfit.length > 0) return { ...nothing, conflicts: [...missing, ...unfit] };
  const parts = [
    ...(desired.bond ? [planBond(desired.bond, desired, current)] : []),
    ...desired.vlans.map((vlan) => planVlan(vlan, desired, current)),
  ];
  const changes = parts.flatMap((part) => part.changes);
  return {
    // What the driver may refuse comes last, so that it keeps nothing else from being done.
    changes: [
      ...changes.filter(({ type }) => type !== "setBondOptions"),
      ...changes.filter(({ type }) => type === "setBondOptions"),
    ],
    conflicts: [...findTwiceListed(desired, current), ...parts.flatMap((part) => part.conflicts)],
    drift: parts.flatMap((part) => part.drift),
  };
}

function findMissing(desired: Desired, current: Current): Conflict[] {
  return desired.interfaces
    .filter((name) => findLink(current, name) === undefined)
    .map((name) => ({
      reason: "missing",
      link: name,
      message: `the interface ${name} is not ${desired.place === "pod" ? describePod(current) : "on this node"}`,
    }));
}

/** Names in a Pod are the runtime's choice, so that the config's author may not know them. */
function describePod({ links }: Current): string {
  const names = links.map(({ name }) => name).filter((name) => name !== loopback);
  return `in the Pod, which has ${names.length === 0 ? "no interface" : names.slice(0, 10).join(", ")}`;
}

function findLoopback(desired: Desired, current: Current): Conflict[] {
  return desired.interfaces
    .filter((name) => findLink(current, name)?.name === loopback)
    .map((name) => inTheWay(name, `${name} is the loopback device, which takes neither a bond nor a VLAN: list a NIC`));
}

/** A NIC may be listed by its name and by an altname of it, which only the host can tell. */
function findTwiceListed(desired: Desired, current: Current): Conflict[] {
  return desired.interfaces.flatMap((name, index) => {
    const link = findLink(current, name);
    const earlier = desired.interfaces.slice(0, index).find((other) => findLink(current, other) === link);
    if (earlier === undefined) return [];
    return [inTheWay(name, `${earlier} and ${name} are two names of the same interface: list it once`)];
  });
}
