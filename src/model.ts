/** Modes of the kernel's bonding driver, by number (Documentation/networking/bonding.rst, "mode"). */
export const bondModes = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
] as const;

export type BondMode = (typeof bondModes)[number];

/** Whether a value is the kernel's name of a bonding mode. */
export function isBondMode(value: unknown): value is BondMode {
  return bondModes.some((mode) => mode === value);
}

export type VlanProtocol = "802.1Q" | "802.1ad";

/** An option of a kernel driver and its value, each as the one word that `ip` takes for it. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** Something wrong with, or worth a word about, one place of a config. */
export interface Problem {
  /** Where: `bond.options`, `interfaces[1]`. */
  readonly path: string;
  /** What is wrong, what was found, what is allowed. */
  readonly message: string;
}

/** A bond that the config asks for. */
export interface DesiredBond {
  readonly name: string;
  /** `undefined`: any mode of an existing bond is right, a new one gets the driver's default. */
  readonly mode: BondMode | undefined;
  /** What a new bond is made with, in the order of the option table. */
  readonly settings: readonly Setting[];
  /** NICs in the listed order, as the config names them. */
  readonly slaves: readonly string[];
}

/** A VLAN sub-interface that the config asks for. */
export interface DesiredVlan {
  /** What the next plugin calls it; a name of up to 15 bytes, or a longer one that becomes an altname. */
  readonly name: string;
  /** The link's own name where `name` is too long to be one. */
  readonly shortName: string | undefined;
  /** The link below: a NIC as the config names it, or the desired bond's name. */
  readonly parent: string;
  readonly id: number;
  readonly protocol: VlanProtocol;
  readonly settings: readonly Setting[];
}

/** A network namespace that a plan is about: the node's, or that of the Pod that a call is for. */
export type Place = "node" | "pod";

/** An address that a link is to have. */
export interface DesiredAddress {
  /** The link, by the name that the config gives it. */
  readonly link: string;
  /** In the form that `ip` prints it in: IPv6 in its shortest spelling, in lower case. */
  readonly local: string;
  readonly prefixLength: number;
}

/** A route that is to lead through a link. */
export interface DesiredRoute {
  readonly link: string;
  /** `192.0.2.0/24`; `0.0.0.0/0` and `::/0` are the default routes. In the form that `ip` prints. */
  readonly destination: string;
  /** `undefined`: the destination is on the link. */
  readonly gateway: string | undefined;
  /** Gateways that are as good: a route by one of these is kept. */
  readonly otherGateways?: readonly string[] | undefined;
  /** Attributes by iproute2's words for them (`metric`, `table`, `scope`, `mtu`, `advmss`), in that order. */
  readonly attributes: readonly Setting[];
  /** Its other ways, where it is one route by way of several links, over which the kernel spreads what it sends. */
  readonly further?: readonly Hop[] | undefined;
}

/** A way that a route leads. */
export type Hop = Pick<DesiredRoute, "link" | "gateway">;

/** A rule by which what comes from a network is looked up in a routing table of its own (ip-rule(8)). */
export interface RoutingRule {
  /** `192.0.2.0/24`, as `ip` writes it. */
  readonly from: string;
  /** The table's number. */
  readonly table: string;
}

/** Such a rule as it was seen. */
export interface SeenRule extends RoutingRule {
  /** Its place among the rules. */
  readonly priority?: number;
}

/** One end of a pair of links (veth(4)), by the name that it has in its place. */
export interface DesiredEnd {
  readonly name: string;
  /** Given when the pair is made, so that nobody rewrites it; it tells whose the end is. */
  readonly mac: string;
  /** In bytes. Of a pair that is there already any is right. */
  readonly mtu: number;
  readonly alias: string;
  /** The other end and the path of its network namespace, where this place is the one that makes both. */
  readonly peer: { readonly name: string; readonly mac: string; readonly netns: string } | undefined;
}

/** An entry of a neighbour table that is permanent: who has the address is not asked. */
export interface Neighbour {
  readonly link: string;
  readonly address: string;
  readonly mac: string;
}

/** What one place is to have for a Pod's way to its node, beside the routes. */
export interface DesiredPath {
  /** `undefined`: only the MAC is wanted. */
  readonly end: DesiredEnd | undefined;
  readonly neighbours: readonly Neighbour[];
  /** The MAC that the Pod's own interface is to get. */
  readonly mac: { readonly link: string; readonly mac: string } | undefined;
  /** Routes that go, by their words: others have taken their place in a table of their own. */
  readonly leaving: readonly { readonly link: string; readonly words: readonly string[] }[];
  /** The subnets that the config leads to the node, which a policy may limit. */
  readonly subnets: readonly string[];
  /** The Pod's addresses, which the node leads to it and a policy may limit. */
  readonly addresses: readonly string[];
}

/** Whom an ADD that has made or raised something asks on the wire. */
export interface DesiredProbe {
  /** As the kernel writes them. */
  readonly addresses: readonly string[];
  /** How long an answer may take, in seconds. */
  readonly timeout: number;
  /** What becomes of an ADD whom nobody answers. */
  readonly onSilence: "fail" | "note";
}

/** What a valid config asks one place to have. */
export interface Desired {
  readonly place: Place;
  /** Every listed interface, as the config names it. */
  readonly interfaces: readonly string[];
  readonly bond: DesiredBond | undefined;
  readonly vlans: readonly DesiredVlan[];
  /** MTU in bytes of the links that ifacer makes; `undefined`: the NICs' or the parent's. */
  readonly mtu: number | undefined;
  /** Another VLAN of the same id elsewhere on the node is no conflict. */
  readonly allowDuplicateVlanID: boolean;
  /** A NIC with addresses or routes may be enslaved. */
  readonly allowInUse: boolean;
  /** The links go with the last Pod that uses them. */
  readonly removeUnused?: boolean | undefined;
  readonly probe?: DesiredProbe | undefined;
  /** The alias of the links that are made, where it tells more than that ifacer made them. */
  readonly alias?: string | undefined;
  /** Type of the IPAM plugin that gives the topmost link its addresses. */
  readonly ipam?: string | undefined;
  /** Type of the main plugin that attaches Pods to the interfaces. */
  readonly plugin?: string | undefined;
  /** Of the links above; known only when the IPAM plugin has given them. */
  readonly addresses: readonly DesiredAddress[];
  readonly routes: readonly DesiredRoute[];
  readonly rules?: readonly RoutingRule[] | undefined;
  readonly path?: DesiredPath | undefined;
}

/** A link of the host, reduced to what ifacer decides on. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly altNames: readonly string[];
  /** `bond`, `vlan`, `dummy`, ...; `undefined`: a NIC of its own. */
  readonly kind: string | undefined;
  /** The administrative state (IFF_UP). */
  readonly up: boolean;
  /** The link below a VLAN is down, so that this one can't be set up. */
  readonly parentDown: boolean;
  /** In bytes. */
  readonly mtu: number;
  readonly mac: string;
  /** The largest MTU that the driver takes; 0: not told. */
  readonly maxMTU: number;
  /** Name of the bond or bridge that this link belongs to. */
  readonly master: string | undefined;
  /** What kind of link the master is: `bond`, `bridge`, `vrf`, `team`. */
  readonly masterKind: string | undefined;
  /** Name of the link below a VLAN, macvlan or ipvlan; `undefined` also where it is in another namespace. */
  readonly parent: string | undefined;
  /** Index of the link below, in the network namespace where that is, where it is not this one. */
  readonly foreignParent?: number | undefined;
  readonly alias: string | undefined;
  readonly vlan: { readonly id: number; readonly protocol: string } | undefined;
  /** `linkinfo.info_data` as `ip -details -json` prints it: what the link's driver tells of a bond or a VLAN. */
  readonly driverData: Readonly<Record<string, unknown>>;
}

/** What only sysfs tells of a NIC; `undefined`: it does not tell. */
export interface Hardware {
  readonly driver: string | undefined;
  /** `0000:3b:00.0`; of a virtio NIC that of the virtio device. */
  readonly pciAddress: string | undefined;
  /** Vendor and device, `15b3:1019`. */
  readonly pciIDs: string | undefined;
  readonly numaNode: number | undefined;
  /** In Mb/s. */
  readonly speed: number | undefined;
}

/** One line of /proc/net/vlan/config: a VLAN link anywhere in the network namespace. */
export interface VlanEntry {
  readonly name: string;
  readonly id: number;
  /** Name of the link below. */
  readonly parent: string;
}

/** An address of a NIC, with the words after `ip address add` that make it again. */
export interface Address {
  readonly local: string;
  readonly prefixLength: number;
  readonly scope: string;
  readonly family: "inet" | "inet6";
  readonly words: readonly string[];
  /** What duplicate address detection (RFC 4862) says: it is still at work, or somebody else has the address. */
  readonly detection?: "tentative" | "duplicate";
}

/** A route through a NIC, one of several ways or the only one, with the words after `ip route add` that make it again. */
export interface Route {
  readonly destination: string;
  readonly table: string;
  /** Who made it: `kernel` makes its own again when the address comes back. */
  readonly protocol: string;
  readonly type: string;
  readonly words: readonly string[];
}

/** What a NIC is used for beside the links on top of it. */
export interface Use {
  readonly addresses: readonly Address[];
  readonly routes: readonly Route[];
  /** The ids of the nexthop objects that lead through it (ip-nexthop(8)), on their own and as members of groups. */
  readonly nexthops: readonly number[];
  /** Something that can't be seen from here, a macvlan in a Pod's namespace for example, receives multicast through it. */
  readonly sharedElsewhere: boolean;
}

/** Kinds of link that stand on a NIC without being its master; VLANs are known from /proc/net/vlan/config. */
export const stackedKinds: readonly string[] = [
  ...["macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "vxlan"],
  // Tunnels that were given a device for their packets.
  ...["gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan", "ipip", "sit", "ip6tnl", "vti", "vti6"],
];

/** What was seen of the host: the links that this config is about, and no more. */
export interface Current {
  readonly links: readonly Link[];
  /** All VLANs of the network namespace that have one of the config's ids or a NIC of the config below them. */
  readonly vlans: readonly VlanEntry[];
  /** By the NIC's own name; empty unless it was asked for. */
  readonly uses: ReadonlyMap<string, Use>;
  /** The permanent ones, where they were asked for. */
  readonly neighbours?: readonly Neighbour[];
  readonly rules?: readonly SeenRule[] | undefined;
}

/** An address of the node. */
export interface LocalAddress {
  readonly address: string;
  readonly link: string;
  /** It is a NIC, a bond or a VLAN. */
  readonly isOnWire: boolean;
}

/** What a Pod's way to its node has to know of the node. */
export interface NodeView {
  /** The node's end, and what leads to the Pod's addresses. */
  readonly current: Current;
  readonly locals: readonly LocalAddress[];
  /** By addresses of the Pod: the address of its own that the node would use towards them. */
  readonly sources: ReadonlyMap<string, string>;
  /** By addresses of the Pod: the bridge on which the node has other Pods or VMs, towards which it would send. */
  readonly inner: ReadonlyMap<string, string>;
}

/** The device that every network namespace has for talking to itself. */
export const loopback = "lo";

/** The link that has `name` as its name or as an altname. */
export function findLink(current: Current, name: string): Link | undefined {
  return current.links.find((link) => link.name === name || link.altNames.includes(name));
}

/** A step that ifacer may take: it adds something that is missing. */
export type Change =
  | {
      readonly type: "addBond";
      readonly name: string;
      readonly mode: BondMode;
      readonly mac: string;
      readonly mtu: number;
      readonly settings: readonly Setting[];
      readonly alias?: string;
    }
  | {
      /** A bond that is empty and down becomes the wanted one. */
      readonly type: "configureBond";
      readonly name: string;
      readonly mode: BondMode;
      readonly mac: string;
      readonly mtu: number;
      readonly settings: readonly Setting[];
    }
  | { readonly type: "enslave"; readonly nic: string; readonly bond: string }
  | {
      /** What the driver takes only when the bond has its slaves. */
      readonly type: "setBondOptions";
      readonly name: string;
      readonly settings: readonly Setting[];
    }
  | {
      readonly type: "addVlan";
      readonly name: string;
      readonly parent: string;
      readonly id: number;
      readonly protocol: VlanProtocol;
      readonly mtu: number | undefined;
      readonly settings: readonly Setting[];
      readonly alias?: string;
      /** That of the link that it replaces, by which all that leads through that is known. */
      readonly index?: number | undefined;
    }
  | { readonly type: "addAltName"; readonly name: string; readonly altName: string }
  | { readonly type: "raise"; readonly name: string }
  | { readonly type: "addAddress"; readonly link: string; readonly address: string }
  | {
      readonly type: "addRoute";
      readonly link: string;
      readonly route: DesiredRoute;
      /** Behind others to the same destination, of which it is a further way. */
      readonly isFurther?: true;
    }
  | {
      readonly type: "addPair";
      readonly name: string;
      readonly mac: string;
      readonly mtu: number;
      readonly alias: string;
      readonly peer: NonNullable<DesiredEnd["peer"]>;
    }
  | { readonly type: "setAlias"; readonly name: string; readonly alias: string }
  | { readonly type: "setMAC"; readonly name: string; readonly mac: string }
  | { readonly type: "addNeighbour"; readonly neighbour: Neighbour }
  | { readonly type: "addRule"; readonly rule: RoutingRule }
  | { readonly type: "removeRoute"; readonly link: string; readonly words: readonly string[] };

/** Something on the host that ifacer would have to bend, that is not there and can't be made, or that the policy forbids. */
export interface Conflict {
  readonly reason: "missing" | "inTheWay" | "forbidden";
  /** The link it is about. */
  readonly link: string;
  /** One lower-case sentence: what is there, what was wanted, what to do. */
  readonly message: string;
}

/** A difference that hurts nobody at once and that ADD leaves alone. */
export interface Drift {
  readonly link: string;
  readonly what: string;
  readonly current: string;
  readonly desired: string;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  readonly drift: readonly Drift[];
}
