import { findLinkNameFault } from "../../config/linkNames.ts";
import type { Desired } from "../../model.ts";
import type { Question, Source } from "../../wire/question.ts";
import type { Plugin } from "./entries.ts";
import { listGateways } from "./gateways.ts";
import type { NodeLink } from "./nodeLinks.ts";

/** A question, and what its answer is to be. */
export interface Wish {
  readonly question: Question;
  readonly expects: "answer" | "silence";
  /** The link of the node that stands for the source: the one asked from, or the parent of the VLAN that is made. */
  readonly link: NodeLink;
  /** `undefined`: the network without a tag. */
  readonly vlanID: number | undefined;
}

export interface Wishes {
  readonly wishes: readonly Wish[];
  /** Why something can't be asked, one sentence each. */
  readonly problems: readonly string[];
}

/** Whom to ask, beside the gateways of a config. */
export interface Whom {
  readonly addresses: readonly string[];
  readonly free: readonly string[];
  /** The VLANs to ask in; `undefined`: the link itself is asked from. */
  readonly vlanIDs: readonly number[] | undefined;
}

/** What to ask on one link of the node, named by its name or altname. */
export function wishOnLink(name: string, whom: Whom, links: readonly NodeLink[]): Wishes {
  const link = findByName(name, links);
  if (link === undefined) {
    return { wishes: [], problems: [`there is no link ${name} on this node: 'ifacer status' lists what there is`] };
  }
  const fault = findFault(link);
  if (fault !== undefined) return { wishes: [], problems: [fault] };
  const places =
    whom.vlanIDs === undefined
      ? [{ source: { kind: "link", name: link.name } as const, link, vlanID: link.vlan?.id }]
      : whom.vlanIDs.map((id) => placeVlan(link, { id, protocol: "802.1Q" }, links));
  return {
    wishes: places.flatMap((place) => [
      ...whom.addresses.map((address) => makeWish(place, address, "answer")),
      ...whom.free.map((address) => makeWish(place, address, "silence")),
    ]),
    problems: [],
  };
}

/** What to ask on the links that a config makes: its gateways, unless addresses are given. */
export function wishOfConfig(
  desired: Desired,
  followers: readonly Plugin[],
  whom: Whom,
  links: readonly NodeLink[],
): Wishes {
  const all = listPlaces(desired, whom, links).map(({ made, ...place }) => {
    if ("problem" in place) return { wishes: [], problems: [place.problem] };
    const addresses = whom.addresses.length > 0 ? whom.addresses : listGateways(desired, followers, made);
    if (addresses.length + whom.free.length === 0) {
      return {
        wishes: [],
        problems: [`${made}: the config's IPAM names no gateway to be asked for: name one with --address`],
      };
    }
    const { wishes, problems } =
      "name" in place
        ? wishOnLink(place.name, { ...whom, addresses }, links)
        : {
            wishes: [
              ...addresses.map((address) => makeWish(place, address, "answer")),
              ...whom.free.map((address) => makeWish(place, address, "silence")),
            ],
            problems: [],
          };
    return { wishes, problems };
  });
  return { wishes: all.flatMap(({ wishes }) => wishes), problems: all.flatMap(({ problems }) => problems) };
}

interface Place {
  readonly source: Source;
  readonly link: NodeLink;
  readonly vlanID: number | undefined;
}

type ConfigPlace = { readonly made: string } & (Place | { readonly name: string } | { readonly problem: string });

/** Where a config's Pods are: its VLANs, also those that are not made yet, its bond or its NICs. */
function listPlaces(desired: Desired, whom: Whom, links: readonly NodeLink[]): ConfigPlace[] {
  const { bond, vlans, interfaces } = desired;
  const bases = bond ? [bond.name] : interfaces;
  if (whom.vlanIDs !== undefined || vlans.length === 0) {
    return bases.map((name, index) => ({ made: vlans[index]?.name ?? name, name }));
  }
  return vlans.map(({ name, shortName, parent, id, protocol }) => {
    const there = findByName(shortName ?? name, links);
    if (there) return { made: name, name: there.name };
    const below = findByName(parent, links);
    const fault = below
      ? findFault(below)
      : `${name} can't be asked on yet: there is no ${parent}; 'ifacer apply' makes what the config asks for`;
    if (below === undefined || fault !== undefined) return { made: name, problem: fault ?? "" };
    return { made: name, ...placeVlan(below, { id, protocol }, links) };
  });
}

/** The VLAN's own link where the node has it, as the kernel makes no second one. */
function placeVlan(
  parent: NodeLink,
  { id, protocol }: { id: number; protocol: string },
  links: readonly NodeLink[],
): Place {
  const there = links.find(
    (link) =>
      link.namespace === undefined &&
      link.parent === parent.name &&
      link.vlan?.id === id &&
      link.vlan.protocol === protocol,
  );
  if (there) return { source: { kind: "link", name: there.name }, link: there, vlanID: id };
  return { source: { kind: "vlan", parent: parent.name, id, protocol }, link: parent, vlanID: id };
}

function makeWish({ source, link, vlanID }: Place, address: string, expects: Wish["expects"]): Wish {
  return { question: { source, address }, expects, link, vlanID };
}

function findByName(name: string, links: readonly NodeLink[]): NodeLink | undefined {
  return links.find((link) => link.namespace === undefined && (link.name === name || link.altNames.includes(name)));
}

/** Why nothing can be asked from a link, as one sentence. */
function findFault(link: NodeLink): string | undefined {
  const { name, up, carrier, master, masterKind } = link;
  const fault = findLinkNameFault(name);
  if (fault !== undefined) return `${JSON.stringify(name)} can't be asked from: its name ${fault}`;
  if (master !== undefined && masterKind !== "vrf") {
    return `${name} belongs to ${master}, which gets all that it receives: ask on ${master}`;
  }
  if (!up) return `${name} is down: 'ip link set dev ${name} up' raises it`;
  if (!carrier) return `${name} has no carrier: look at its cable, its switch port or, for a bond, its slaves`;
  return undefined;
}
