import { findAltNameFault } from "../config/linkNames.ts";
import type { Rules } from "../config/select.ts";
import { listHardware, readHardware } from "../host/nic.ts";
import type { Link } from "../model.ts";
import { observeNics, type SeenNics } from "../observe/nics.ts";
import { listBelow } from "../plan/below.ts";
import { type Candidate, type Choice, choose, type OwnLinks } from "../plan/choose.ts";
import { findDenial } from "../policy/forbid.ts";
import type { Policy } from "../policy/schema.ts";

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
  const { bond } = own;
  const hardware = listHardware().filter((name) => findAltNameFault(name) === undefined);
  const stacks = policy?.interfaces !== undefined;
  const seen = await observeNics(hardware, { kinds: rules.kinds, bond, stacks });
  return choose(rules, listCandidates(seen, policy), { ...own, bond: seen.bond });
}

function listCandidates({ nics, defaultRoutes, below }: SeenNics, policy: Policy | undefined): readonly Candidate[] {
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
