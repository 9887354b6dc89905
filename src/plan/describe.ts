import type { Change, DesiredRoute, Neighbour, RoutingRule, Setting } from "../model.ts";

/** What came of changes. */
interface Done {
  readonly changes: readonly Change[];
  readonly refused: readonly Change[];
  readonly notes: readonly string[];
}

/** A line for the journal for each thing that was done or refused. */
export function listDone({ changes, refused, notes }: Done): readonly string[] {
  const unmet = refused.map((change) => `the driver refused it, ${describeLack(change)}`);
  return [...notes, ...changes.map(describeDone), ...unmet];
}

/** What a change did, for the journal: `made the bond bond0 with mode active-backup`. */
export function describeDone(change: Change): string {
  switch (change.type) {
    case "addBond":
      return `made the bond ${change.name} with mode ${change.mode}`;
    case "configureBond":
      return `configured the empty bond ${change.name} with mode ${change.mode}`;
    case "enslave":
      return `made ${change.nic} a slave of ${change.bond}`;
    case "setBondOptions":
      return `set ${describeSettings(change.settings)} on ${change.name}`;
    case "addVlan":
      return `made the VLAN ${change.name} with id ${change.id} on ${change.parent}`;
    case "addAltName":
      return `gave ${change.name} the altname ${change.altName}`;
    case "raise":
      return `set ${change.name} up`;
    case "addAddress":
      return `gave ${change.link} the address ${change.address}`;
    case "addRoute":
      return `made the route ${describeRoute(change.route)}`;
    case "addPair":
      return `made the pair ${change.name} and ${change.peer.name}`;
    case "setAlias":
      return `gave ${change.name} the alias ${change.alias}`;
    case "setMAC":
      return `gave ${change.name} the MAC ${change.mac}`;
    case "addNeighbour":
      return `made the neighbour ${describeNeighbour(change.neighbour)}`;
    case "addRule":
      return `made the rule ${describeRule(change.rule)}`;
    case "removeRoute":
      return `took away the route ${change.words.join(" ")}`;
  }
}

/** What is not as wanted while a change has not been made: `ens160 is not a slave of bond0`. */
export function describeLack(change: Change): string {
  switch (change.type) {
    case "addBond":
      return `the bond ${change.name} is missing`;
    case "configureBond":
      return `the bond ${change.name} is empty and not configured with mode ${change.mode}`;
    case "enslave":
      return `${change.nic} is not a slave of ${change.bond}`;
    case "setBondOptions":
      return `${change.name} does not have ${describeSettings(change.settings)}`;
    case "addVlan":
      return `the VLAN ${change.name} with id ${change.id} on ${change.parent} is missing`;
    case "addAltName":
      return `${change.name} lacks the altname ${change.altName}`;
    case "raise":
      return `${change.name} is down`;
    case "addAddress":
      return `${change.link} does not have the address ${change.address}`;
    case "addRoute":
      return `the route ${describeRoute(change.route)} is missing`;
    case "addPair":
      return `the pair ${change.name} and ${change.peer.name} is missing`;
    case "setAlias":
      return `${change.name} does not have the alias ${change.alias}`;
    case "setMAC":
      return `${change.name} does not have the MAC ${change.mac}`;
    case "addNeighbour":
      return `the neighbour ${describeNeighbour(change.neighbour)} is missing`;
    case "addRule":
      return `the rule ${describeRule(change.rule)} is missing`;
    case "removeRoute":
      return `the route ${change.words.join(" ")} is still in the main table`;
  }
}

/** `203.0.113.0/24 via 192.0.2.1 dev eth0.3`; that of several ways has them one after the other. */
export function describeRoute({ destination, gateway, link, further = [] }: DesiredRoute): string {
  const ways = [{ gateway, link }, ...further].map(
    (way) => `${way.gateway ? `via ${way.gateway} ` : ""}dev ${way.link}`,
  );
  return `${destination} ${ways.join(" and ")}`;
}

function describeNeighbour({ address, mac, link }: Neighbour): string {
  return `${address} lladdr ${mac} dev ${link}`;
}

function describeRule({ from, table }: RoutingRule): string {
  return `from ${from} lookup ${table}`;
}

function describeSettings(settings: readonly Setting[]): string {
  return settings.map(({ name, value }) => `${name}=${value}`).join(", ");
}
