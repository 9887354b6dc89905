import { isPodAlias } from "../config/attachment.ts";
import { bondOptionWords } from "../config/bondOptions.ts";
import { vlanOptionWords } from "../config/vlanOptions.ts";
import type { Change, Hop, Setting } from "../model.ts";

/** The alias of every link that ifacer makes on the node, so that an admin sees where it came from; in Pods see `nameAlias`. */
export const alias = "ifacer";

/** Whether a link's alias is one that ifacer gives, on the node or in a Pod. */
export function isOwnAlias(given: string | undefined): boolean {
  return given === alias || isPodAlias(given);
}

/**
 * The lines for `ip -batch -` that carry out a change, as an operator would type them after `ip`.
 *
 * Links are always named after `dev` or `name`: a bare `b` would be read as `broadcast`, and a NIC may be called `up`.
 */
export function writeLines(change: Change): string[] {
  switch (change.type) {
    case "addBond": {
      const { name, mtu, mac, mode } = change;
      const options = change.settings.flatMap(bondOptionWords);
      return [
        words("link add name", name, "mtu", mtu, "address", mac, "type bond mode", mode, ...options),
        words("link set dev", name, "alias", change.alias ?? alias),
      ];
    }
    case "configureBond": {
      const { name, mtu, mac, mode } = change;
      const options = change.settings.flatMap(bondOptionWords);
      return [
        words("link set dev", name, "mtu", mtu, "address", mac),
        words("link set dev", name, "type bond mode", mode, ...options),
      ];
    }
    case "enslave": {
      // The driver takes a NIC only while it is down. One message does both, so that nobody can raise it in between; a
      // kernel that looks at the master before the flag needs it down already.
      const { nic, bond } = change;
      return [
        words("link set dev", nic, "down"),
        words("link set dev", nic, "down master", bond),
        words("link set dev", nic, "up"),
      ];
    }
    case "setBondOptions":
      return [words("link set dev", change.name, "type bond", ...change.settings.flatMap(bondOptionWords))];
    case "addVlan": {
      const { parent, name, mtu, protocol, id, settings, index } = change;
      const size = [...(mtu === undefined ? [] : ["mtu", mtu]), ...(index === undefined ? [] : ["index", index])];
      const [options = [], ...further] = splitMaps(settings);
      return [
        words("link add link", parent, "name", name, ...size, "type vlan protocol", protocol, "id", id, ...options),
        ...further.map((map) => words("link set dev", name, "type vlan", ...map)),
        words("link set dev", name, "alias", change.alias ?? alias),
      ];
    }
    case "addAltName":
      return [words("link property add dev", change.name, "altname", change.altName)];
    case "raise":
      return [words("link set dev", change.name, "up")];
    case "addAddress":
      return [words("address add", change.address, ...broadcastOf(change.address), "dev", change.link)];
    case "addRoute": {
      const { destination, gateway, attributes, further = [] } = change.route;
      const rest = attributes.flatMap(({ name, value }) => [name, value]);
      const [own = [], ...others] = [{ link: change.link, gateway }, ...further].map(hopWords);
      const start = [change.isFurther ? "route append" : "route add", destination];
      if (others.length === 0) return [words(...start, ...own, ...rest)];
      return [words(...start, ...rest, ...[own, ...others].flatMap((hop) => ["nexthop", ...hop]))];
    }
    case "addPair": {
      // Both ends by one message: there is never one without the other.
      const { name, mac, mtu, peer } = change;
      const other = ["peer name", peer.name, "mtu", mtu, "address", peer.mac, "netns", peer.netns];
      return [
        words("link add name", name, "mtu", mtu, "address", mac, "type veth", ...other),
        words("link set dev", name, "alias", change.alias),
      ];
    }
    case "setAlias":
      return [words("link set dev", change.name, "alias", change.alias)];
    case "setMAC":
      return [words("link set dev", change.name, "address", change.mac)];
    case "addNeighbour": {
      const { address, mac, link } = change.neighbour;
      return [words("neighbour replace", address, "lladdr", mac, "dev", link, "nud permanent")];
    }
    case "addRule": {
      const { from, table } = change.rule;
      // Its number is its place too: behind the kernel's own tables and before `main`, and not what is free by chance.
      return [words("rule add from", from, "lookup", table, "priority", table)];
    }
    case "removeRoute":
      return [words("route del", ...change.words)];
  }
}

/** The lines that take out all slaves of a bond, which stays, with all that stands on it. */
export function writeEmptying(bond: string, slaves: readonly string[]): string[] {
  return [words("link set dev", bond, "down"), ...slaves.map((slave) => words("link set dev", slave, "nomaster"))];
}

function hopWords({ link, gateway }: Hop): string[] {
  return [...(gateway === undefined ? [] : ["via", gateway]), "dev", link];
}

/** `ip` takes 100 words of a line. What is left of a map is added to it later, which the driver does pair by pair. */
function splitMaps(settings: readonly Setting[]): string[][] {
  const first: string[] = [];
  const further: string[][] = [];
  for (const [option = "", ...values] of settings.map(vlanOptionWords)) {
    first.push(option, ...values.slice(0, mostPairs));
    for (let from = mostPairs; from < values.length; from += mostPairs) {
      further.push([option, ...values.slice(from, from + mostPairs)]);
    }
  }
  return [first, ...further];
}

/** With the largest map of the other direction and all flags, a line stays short enough. */
const mostPairs = 40;

/** As the reference plugins give it: the kernel sets none by itself. Networks of one or two addresses have none. */
function broadcastOf(address: string): string[] {
  const [local = "", prefixLength] = address.split("/");
  return local.includes(":") || Number(prefixLength) > 30 ? [] : ["broadcast", "+"];
}

function words(...parts: readonly (string | number)[]): string {
  return parts.join(" ");
}

/**
 * Whether `ip` would read a line word by word: nothing in it starts a comment, quotes or continues. Names and attributes
 * that the kernel tells of were not chosen by us.
 */
export function isSafeLine(line: string): boolean {
  return !/[#\\\p{Cc}\ufffd]|(^| )['-]|(^| )"(?!"( |$))/u.test(line);
}
