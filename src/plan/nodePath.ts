import { type IPAddress, parseAddress, parseSubnet, type Subnet, writeSubnet } from "../config/addresses.ts";
import { isUnicast, type NodePath } from "../config/nodePath.ts";
import { noLinks } from "../config/noLinks.ts";
import { longestAlias, namePath, podEnd, readEndAlias, writeEndAlias } from "../config/pathNames.ts";
import {
  type Conflict,
  type Current,
  type Desired,
  type DesiredRoute,
  findLink,
  type NodeView,
  type RoutingRule,
} from "../model.ts";
import { inTheWay } from "./conflict.ts";
import { isEnd } from "./path.ts";

/** The interface of a Pod that a call is about. */
export interface PodInterface {
  readonly containerID: string;
  readonly network: string;
  readonly ifName: string;
  readonly netns: string;
  /** In the form that `ip` prints them in. */
  readonly addresses: readonly PodAddress[];
  /** Those that the main plugin made. */
  readonly routes: readonly PodRoute[];
}

export interface PodAddress {
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string | undefined;
}

export interface PodRoute {
  /** With its prefix length. */
  readonly destination: string;
  readonly gateway: string;
}

/** What the Pod and what the node is to have. */
export interface Wish {
  readonly pod: Desired;
  readonly node: Desired;
  /** The rules of IPv6 in the Pod, which take a run of `ip` of their own; `undefined`: none are wanted. */
  readonly rules6: Desired | undefined;
  readonly conflicts: readonly Conflict[];
  /** What is left out, a line each. */
  readonly notes: readonly string[];
}

/** What was seen of both places. */
export interface Views {
  readonly pod: Current;
  readonly node: NodeView;
}

type Family = IPAddress["family"];

const noAddress: IPAddress = { family: "4", value: 0n };

/** What can be said of a Pod's way to its node before there is a Pod: which subnets are led there. */
export function foreseePath({ routes }: NodePath): Desired {
  const path = { end: undefined, neighbours: [], mac: undefined, leaving: [], subnets: routes, addresses: [] };
  return { ...noLinks, place: "pod", path };
}

/** Works out what a Pod's way to its node needs in both places. Pure. */
export function wishForPath(nodePath: NodePath, own: PodInterface, views: Views): Wish {
  const names = namePath(own.containerID);
  const link = findLink(views.pod, own.ifName);
  const conflicts = [
    ...findPodConflicts(own, views),
    ...(nodePath.onlyMAC ? [] : findNodeConflicts(nodePath, own, views)),
  ];
  const mac = nodePath.macPrefix === undefined ? undefined : prefixMAC(nodePath.macPrefix, own);
  const addresses = nodePath.onlyMAC ? [] : own.addresses.map(({ address }) => address);
  const basis = { mac, leaving: [], subnets: nodePath.routes, addresses };
  if (nodePath.onlyMAC) {
    const nothing = {
      ...noLinks,
      routes: [],
      path: { ...basis, end: undefined, neighbours: [], mac: undefined },
    };
    const pod: Desired = { ...nothing, place: "pod", path: { ...nothing.path, mac } };
    return { pod, node: { ...nothing, place: "node" }, rules6: undefined, conflicts, notes: [] };
  }
  const targets = findTargets(nodePath, own, views);
  const mtu = nodePath.mtu ?? link?.mtu ?? 1500;
  const alias = joinAlias(views.node.current.links[0]?.alias, own.network);
  const moved = isFurther(nodePath, own, views) ? moveRoutes(own, views) : undefined;
  const ways = [...targets.pod, ...leadRoutes(nodePath, targets)];
  const routes = moved ? [...ways, ...moved.routes, ...ways.map((route) => inTable(route, moved.table))] : ways;
  const rules = moved?.rules ?? [];
  const ofIPv6 = rules.filter(({ from }) => familyOf(from) === "6");
  return {
    rules6: ofIPv6.length === 0 ? undefined : { ...foreseePath(nodePath), rules: ofIPv6 },
    node: {
      ...noLinks,
      place: "node",
      routes: targets.node.map((route) => ({ ...route, link: names.end })),
      path: {
        ...basis,
        mac: undefined,
        end: {
          name: names.end,
          mac: names.endMAC,
          mtu,
          alias,
          peer: { name: podEnd, mac: names.podMAC, netns: own.netns },
        },
        neighbours: own.addresses.map(({ address }) => ({ link: names.end, address, mac: names.podMAC })),
      },
    },
    pod: {
      ...noLinks,
      place: "pod",
      routes,
      rules: rules.filter(({ from }) => familyOf(from) === "4"),
      path: {
        ...basis,
        end: { name: podEnd, mac: names.podMAC, mtu, alias: "ifacer", peer: undefined },
        neighbours: targets.addresses.map((address) => ({ link: podEnd, address, mac: names.endMAC })),
        leaving: moved?.leaving ?? [],
      },
    },
    conflicts,
    notes: findUnled(nodePath, own),
  };
}

/** The node's addresses that the Pod is to reach, and the routes between these and the Pod's. */
interface Targets {
  readonly addresses: readonly string[];
  /** To the node, in the Pod. */
  readonly pod: readonly DesiredRoute[];
  /** To the Pod, on the node, without the link. */
  readonly node: readonly Omit<DesiredRoute, "link">[];
}

function findTargets(nodePath: NodePath, own: PodInterface, views: Views): Targets {
  const addresses = listTargets(nodePath, own, views.node);
  const source = (family: Family) => chooseSource(own, views, family);
  return {
    addresses,
    pod: addresses.map((address) => ({
      link: podEnd,
      destination: asHost(address),
      gateway: undefined,
      attributes: [{ name: "scope", value: "link" }, ...writeSource(source(familyOf(address)))],
    })),
    node: own.addresses.map(({ address }) => {
      const toward = views.node.sources.get(address);
      const inFamily = addresses.filter((other) => familyOf(other) === familyOf(address));
      const src = toward !== undefined && inFamily.includes(toward) ? toward : inFamily[0];
      return {
        destination: asHost(address),
        gateway: undefined,
        attributes: [{ name: "scope", value: "link" }, ...writeSource(src)],
      };
    }),
  };
}

/**
 * What the Pod's packets to the node have as their source; `undefined`: the kernel's choice, which is right where all of the Pod's
 * addresses have a node path. Where one has none, the node would answer it by another way, or drop it by its rp_filter.
 */
function chooseSource(own: PodInterface, views: Views, family: Family): string | undefined {
  const isMixed = listOthers(own, views).some(({ address, isReached }) => !isReached && familyOf(address) === family);
  return isMixed ? own.addresses.find(({ address }) => familyOf(address) === family)?.address : undefined;
}

interface Other {
  readonly address: string;
  /** Its interface has a node path. */
  readonly isReached: boolean;
  /** Its interface's routes have moved to a table of their own. */
  readonly isMoved: boolean;
}

/** The addresses of the Pod's other interfaces. */
function listOthers({ ifName, addresses }: PodInterface, { pod, node }: Views): readonly Other[] {
  const reached = new Set((node.current.neighbours ?? []).map(({ address }) => address));
  const mine = new Set(addresses.map(({ address }) => address));
  return [...pod.uses].flatMap(([link, use]) =>
    ["lo", podEnd, ifName].includes(link)
      ? []
      : use.addresses
          .filter(({ local, scope }) => scope === "global" && !mine.has(local))
          .map(({ local }) => ({
            address: local,
            isReached: reached.has(local),
            isMoved: pod.rules?.some(({ from, table }) => from === asHost(local) && isOwnTable(table)) ?? false,
          })),
  );
}

function writeSource(src: string | undefined) {
  return src === undefined ? [] : [{ name: "src", value: src }];
}

/** In the families of the Pod's addresses; those first that the node uses towards it. */
function listTargets({ nodeAddresses }: NodePath, own: PodInterface, node: NodeView): readonly string[] {
  const families = new Set(own.addresses.map(({ address }) => familyOf(address)));
  const found = nodeAddresses ?? [
    ...own.addresses.flatMap(({ address }) => node.sources.get(address) ?? []),
    ...node.locals.filter(({ isOnWire }) => isOnWire).map(({ address }) => address),
  ];
  const taken = new Set(own.addresses.map(({ address }) => address));
  return [...new Set(found)].filter((address) => families.has(familyOf(address)) && !taken.has(address));
}

function leadRoutes({ routes }: NodePath, { addresses, pod }: Targets): DesiredRoute[] {
  return routes.flatMap((destination) => {
    const ofFamily = addresses.filter((address) => familyOf(address) === familyOf(destination));
    const [gateway, ...otherGateways] = ofFamily;
    if (gateway === undefined || ofFamily.some((address) => asHost(address) === destination)) return [];
    const [first] = pod.filter((route) => route.destination === asHost(gateway));
    const attributes = (first?.attributes ?? []).filter(({ name }) => name === "src");
    return [{ link: podEnd, destination, gateway, otherGateways, attributes }];
  });
}

function findPodConflicts({ ifName, addresses }: PodInterface, { pod }: Views): Conflict[] {
  if (ifName === podEnd) {
    return [
      inTheWay(
        ifName,
        `the Pod's interface is called ${podEnd}, which is the name of the node path's own end: call it otherwise`,
      ),
    ];
  }
  if (findLink(pod, ifName) === undefined) {
    return [{ reason: "missing", link: ifName, message: `the interface ${ifName} is not in the Pod` }];
  }
  if (addresses.length > 0) return [];
  return [
    inTheWay(
      ifName,
      `the previous result has no address of ${ifName}, and without one nothing reaches the node: give the main plugin an ipam`,
    ),
  ];
}

function findNodeConflicts(nodePath: NodePath, own: PodInterface, { pod, node }: Views): Conflict[] {
  const { nodeAddresses } = nodePath;
  const { end, endMAC, podMAC } = namePath(own.containerID);
  const absent = (nodeAddresses ?? [])
    .filter((address) => !node.locals.some((local) => local.address === address))
    .map((address) =>
      inTheWay(address, `nodeAddresses names ${address}, which is no address of this node: leave it out`),
    );
  const targets = listTargets(nodePath, own, node);
  const families = [...new Set(own.addresses.map(({ address }) => familyOf(address)))];
  const unmet = families
    .filter((family) => !targets.some((address) => familyOf(address) === family))
    .map((family) =>
      inTheWay(
        own.ifName,
        `the Pod has an address of IPv${family}, but no address of the node is known for it to reach: set nodeAddresses`,
      ),
    );
  const ours = node.current.links.find((link) => link.name === end && isEnd(link, { mac: endMAC }));
  const torn =
    ours && findLink(pod, podEnd) === undefined
      ? [
          inTheWay(
            end,
            `${end} is there, but its other end is not in the Pod as ${podEnd}, nor of another Pod: remove it with 'ip link delete dev ${end}'`,
          ),
        ]
      : [];
  const orphan = findLink(pod, podEnd);
  const widowed =
    !ours && orphan && isEnd(orphan, { mac: podMAC })
      ? [inTheWay(podEnd, `${podEnd} is in the Pod, but its other end is not on this node as ${end}: remove it`)]
      : [];
  const local = own.addresses
    .filter(({ address }) => node.locals.some((other) => other.address === address))
    .map(({ address }) =>
      inTheWay(address, `${address} of ${own.ifName} is an address of the node itself: give the Pod another`),
    );
  const unfit = own.addresses
    // What a node asks at a link-local address is a service beside it, that of the cloud for example, and no Pod.
    .filter(({ address }) => address.startsWith("169.254.") || !isUnicast(parseAddress(address) ?? noAddress))
    .map(({ address }) =>
      inTheWay(
        address,
        `${address} of ${own.ifName} is no address that a node can lead to a Pod by: mend the main plugin's ipam`,
      ),
    );
  const inner = own.addresses.flatMap(({ address }) => {
    const bridge = node.inner.get(address);
    const message = `${address} of ${own.ifName} is in a subnet of the bridge ${bridge}, on which this node has other Pods: give the Pod an address of its own wire`;
    return bridge === undefined ? [] : [inTheWay(address, message)];
  });
  const long =
    joinAlias(ours?.alias, own.network).length > longestAlias
      ? [inTheWay(end, `the alias of ${end} can't hold the names of all networks that use it: shorten ${own.network}`)]
      : [];
  return [
    ...absent,
    ...unmet,
    ...torn,
    ...widowed,
    ...local,
    ...unfit,
    ...inner,
    ...findShadowed(own, node, end),
    ...long,
  ];
}

/**
 * Host routes for the Pod's addresses that lead elsewhere, and that the Pod's would only take the place of: of another metric, as
 * networkd makes one to the gateway, or in another table. Those of the same are found when the routes are planned.
 */
function findShadowed({ ifName, addresses }: PodInterface, { current }: NodeView, end: string): Conflict[] {
  const others = [...current.uses].flatMap(([link, { routes }]) => (link === end ? [] : routes));
  return addresses.flatMap(({ address }) =>
    others
      .filter(({ type, words }) => type !== "local" && words[1] === address)
      .filter(({ table, words }) => {
        const metric = words.includes("metric") ? words[words.indexOf("metric") + 1] : "0";
        return table !== "main" || metric !== (familyOf(address) === "4" ? "0" : "1024");
      })
      .map(({ words }) =>
        inTheWay(
          address,
          `${address} of ${ifName} leads elsewhere on the node already ('ip route' shows: ${words.join(" ")}): give the Pod another address`,
        ),
      ),
  );
}

function findUnled({ routes }: NodePath, own: PodInterface): string[] {
  const families = new Set(own.addresses.map(({ address }) => familyOf(address)));
  return routes
    .filter((route) => !families.has(familyOf(route)))
    .map((route) => `left out the route ${route}, as ${own.ifName} has no address of IPv${familyOf(route)}`);
}

function joinAlias(alias: string | undefined, network: string): string {
  return writeEndAlias([...new Set([...(readEndAlias(alias) ?? []), network])]);
}

/** The prefix and an IPv4 address, or the last four bytes of an IPv6 address. */
function prefixMAC(prefix: string, { ifName, addresses }: PodInterface): { link: string; mac: string } | undefined {
  const chosen = addresses.find(({ address }) => familyOf(address) === "4") ?? addresses[0];
  const address = chosen && parseAddress(chosen.address);
  if (address === undefined) return undefined;
  const last = (address.value & 0xffffffffn).toString(16).padStart(8, "0");
  return { link: ifName, mac: [prefix, ...(last.match(/../g) ?? [])].join(":") };
}

/** The tables that node paths make have a number from here on, one for each interface. */
const firstTable = 7000;
const mostTables = 256;

/** Whether a table is one that a node path has made. */
export function isOwnTable(table: string): boolean {
  return /^\d+$/.test(table) && Number(table) >= firstTable && Number(table) < firstTable + mostTables;
}

/** The table that the interface has, or the first one that no rule leads to. */
function chooseTable({ addresses }: PodInterface, { rules = [] }: Current): string {
  const own = new Set(addresses.map(({ address }) => asHost(address)));
  const has = rules.find(({ from, table }) => own.has(from) && isOwnTable(table));
  if (has) return has.table;
  const taken = new Set(rules.map(({ table }) => table));
  const free = Array.from({ length: mostTables }, (_, index) => String(firstTable + index));
  return free.find((table) => !taken.has(table)) ?? String(firstTable);
}

/** Whether another interface of the Pod had a node path before, so that this one's routes are to move. */
function isFurther({ policyRoutes }: NodePath, own: PodInterface, views: Views): boolean {
  return policyRoutes && listOthers(own, views).some(({ isReached, isMoved }) => isReached && !isMoved);
}

interface Moved {
  readonly table: string;
  readonly routes: readonly DesiredRoute[];
  readonly rules: readonly RoutingRule[];
  readonly leaving: readonly { readonly link: string; readonly words: readonly string[] }[];
}

function moveRoutes(own: PodInterface, { pod }: Views): Moved {
  const table = chooseTable(own, pod);
  const route = (destination: string, gateway: string | undefined, src?: string): DesiredRoute => ({
    link: own.ifName,
    destination,
    gateway,
    attributes: [
      ...(gateway ? [] : [{ name: "scope", value: "link" }]),
      ...writeSource(src),
      { name: "table", value: table },
    ],
  });
  const connected = own.addresses.flatMap(({ address, prefixLength }) => {
    const subnet = parseSubnet(`${address}/${prefixLength}`);
    return subnet ? [route(writeNetwork(subnet), undefined, address)] : [];
  });
  const inMain = (pod.uses.get(own.ifName)?.routes ?? []).filter(
    ({ table: place, protocol, type, words }) =>
      place === "main" && !["kernel", "ra"].includes(protocol) && type === "unicast" && words.includes("via"),
  );
  const led = [
    ...own.routes.map(({ destination, gateway }) => route(destination, gateway)),
    ...inMain.flatMap(({ words }) => {
      const gateway = words[words.indexOf("via") + 1];
      return gateway ? [route(fullDestination(words[1] ?? ""), gateway)] : [];
    }),
    ...own.addresses.flatMap(({ address, gateway }) =>
      gateway === undefined ? [] : [route(familyOf(address) === "4" ? "0.0.0.0/0" : "::/0", gateway)],
    ),
  ];
  const byDestination = new Map([...led, ...connected].reverse().map((item) => [item.destination, item]));
  const isOnLink = ({ gateway }: DesiredRoute) => gateway === undefined;
  const routes = [...byDestination.values()];
  return {
    table,
    // A gateway has to be on the link by then.
    routes: [...routes.filter(isOnLink), ...routes.filter((item) => !isOnLink(item))],
    rules: own.addresses.map(({ address }) => ({ from: asHost(address), table })),
    leaving: inMain.map(({ words }) => ({ link: own.ifName, words })),
  };
}

function inTable(route: DesiredRoute, table: string): DesiredRoute {
  return { ...route, attributes: [...route.attributes, { name: "table", value: table }] };
}

function fullDestination(word: string): string {
  if (word === "default") return "0.0.0.0/0";
  return word.includes("/") ? word : asHost(word);
}

function writeNetwork(subnet: Subnet): string {
  const host = BigInt((subnet.family === "4" ? 32 : 128) - subnet.prefixLength);
  return writeSubnet({ ...subnet, value: (subnet.value >> host) << host });
}

function asHost(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

function familyOf(text: string): Family {
  return text.includes(":") ? "6" : "4";
}
