import { findAltNameFault } from "../config/linkNames.ts";
import { readConfig, requireDesired } from "../config/read.ts";
import { type Rules, type SelectEntry, withInterfaces } from "../config/select.ts";
import { CniError, Code } from "../error.ts";
import { listHardware, readHardware } from "../host/nic.ts";
import type { JsonObject } from "../json.ts";
import type { Desired, Link } from "../model.ts";
import { observeNics, type SeenNics } from "../observe/nics.ts";
import { listBelow } from "../plan/below.ts";
import {
  type Candidate,
  type Choice,
  choose,
  describeTooFew,
  isEnough,
  listNames,
  nameVlan,
  type OwnLinks,
  type OwnVlan,
} from "../plan/choose.ts";
import { findDenial } from "../policy/forbid.ts";
import type { Policy } from "../policy/schema.ts";
import { alias } from "./lines.ts";
import type { Choosing } from "./locked.ts";

/** A config with `select`, and the node's policy, which NICs have to obey. */
export interface Selection {
  readonly body: JsonObject;
  readonly entry: SelectEntry;
  /** `undefined`: there is none. */
  readonly policy: Policy | undefined;
}

/** Chooses for a config among the NICs as they are now. Throws as `chooseNics` does. */
export function chooseAsSeen({ entry, policy }: Selection): Promise<Choice> {
  const { bond, vlans } = entry.example;
  const vlan = vlans[0] && { ...vlans[0], name: entry.isNamedAlike ? vlans[0].name : undefined };
  return chooseNics(entry.rules, { own: { bond: bond?.name, vlan }, policy });
}

/** Chooses anew for who is about to change something: NICs of which only the link is missing are set up for it. */
export function chooseWithLock(selection: Selection): Choosing {
  return async (site) => {
    const { chooseWithLink } = await import("./awaitLinks.ts");
    const desire = (choice: Choice) => requireChosen(selection, choice, Code.missingInterface);
    return chooseWithLink({ look: () => chooseAsSeen(selection), desire }, site);
  };
}

/** What a config asks for with the chosen NICs. Throws `code` where there are too few, with a line for each NIC; code 7 where it can't be asked of these. */
export function requireChosen({ body, entry }: Selection, choice: Choice, code: Code): Desired {
  requireEnough(entry, choice, code);
  return requireDesired(readConfig(withInterfaces(body, listNames(choice)))).desired;
}

/** Throws `code` where too few are chosen, with a line for each NIC in the details. */
export function requireEnough({ rules }: SelectEntry, choice: Choice, code: Code): void {
  if (isEnough(rules, choice)) return;
  const { message, details } = describeTooFew(rules, choice);
  throw new CniError(code, message, { details });
}

/**
 * Looks at the NICs of this node and chooses among them by rule, as they are now. What is down stays down.
 *
 * @param own what the config makes: its bond keeps its slaves
 * @param policy the node's policy; `undefined`: there is none
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function chooseNics(
  rules: Rules,
  { own = {}, policy }: { own?: OwnLinks; policy: Policy | undefined },
): Promise<Choice> {
  const { bond, vlan } = own;
  const hardware = listHardware().filter((name) => findAltNameFault(name) === undefined);
  const stacks = policy?.interfaces !== undefined;
  // On a bond the NICs are known by that.
  const nameUppers = (nic: string) => (vlan === undefined || bond !== undefined ? [] : [nameVlan(nic, vlan)]);
  const seen = await observeNics(hardware, { kinds: rules.kinds, bond, stacks, nameUppers });
  return choose(rules, listCandidates(seen, { vlan, policy }), { ...own, bond: seen.bond });
}

function listCandidates(
  { nics, defaultRoutes, below, upper }: SeenNics,
  { vlan, policy }: { vlan: OwnVlan | undefined; policy: Policy | undefined },
): readonly Candidate[] {
  const isOwn = (link: Link, nic: Link) =>
    link.alias === alias &&
    link.parent === nic.name &&
    link.vlan?.id === vlan?.id &&
    link.vlan?.protocol === vlan?.protocol;
  const all = [
    ...new Map(
      [...nics.map(({ link }) => link), ...defaultRoutes, ...below].map((link) => [link.index, link]),
    ).values(),
  ];
  const carriers = new Map(
    defaultRoutes
      .toReversed()
      .flatMap((upper) => [...listBelow(upper, all), upper].map((link) => [link.index, upper.name] as const)),
  );
  return nics.map(({ link, kind, carrier, addresses }) => ({
    link,
    kind,
    carrier,
    hardware: readHardware(link.name),
    addresses: addresses.map(({ local, prefixLength }) => `${local}/${prefixLength}`),
    defaultRoute: carriers.get(link.index),
    hasVlan: vlan !== undefined && upper.some((other) => isOwn(other, link)),
    denial: policy && describeDenial(policy, link, all),
  }));
}

/** A link is denied by any of its names, and by those of what it is made of. */
function describeDenial(policy: Policy, link: Link, all: readonly Link[]): string | undefined {
  const own = findDenial(policy, [link.name, ...link.altNames], { mustBeAllowed: true });
  if (own !== undefined) return own;
  for (const { name, altNames } of listBelow(link, all)) {
    const denial = findDenial(policy, [name, ...altNames], { mustBeAllowed: false });
    if (denial !== undefined) return `${denial}, and ${name} lies below it`;
  }
  return undefined;
}
