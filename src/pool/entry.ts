import {
  networkOf,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
  writeAddress,
  writeSubnet,
} from "../config/addresses.ts";
import { findAltNameFault } from "../config/linkNames.ts";
import { noRules, type Rules, readSelect } from "../config/select.ts";
import { Code, errorOfAll } from "../error.ts";
import { type JsonObject, member } from "../json.ts";
import type { Problem } from "../model.ts";

import { type Blocks, findBlocksFault } from "./blocks.ts";
import { readRoutes, type WantedRoute } from "./podRoutes.ts";
import { type Reader, readObject } from "./reader.ts";

/** The type of `ipam` for which ifacer works out the blocks itself. */
export const blocksType = "multi-nic-ipam";

/** What gives the addresses. */
export type PoolIpam =
  /** ifacer, by blocks for each NIC and each node. */
  | { readonly kind: "blocks"; readonly type: string; readonly plan: AddressPlan }
  /** A plugin that is called once for all interfaces: its addresses are dealt out in order. */
  | { readonly kind: "once"; readonly type: string }
  /** A plugin that is called for each interface. */
  | { readonly kind: "each"; readonly type: string }
  | { readonly kind: "none" };

/** What `multi-nic-ipam` is told. */
export interface AddressPlan {
  readonly blocks: Blocks;
  /** Where host-local notes what it gave; `undefined`: where it always does. */
  readonly dataDir: string | undefined;
  /** How Pods on other nodes are reached; `undefined`: by the network that the NICs are in, which needs no routes. */
  readonly routing: { readonly table: string; readonly peers: readonly Peer[] | undefined } | undefined;
}

/** Another node. */
export interface Peer {
  /** Its index; `undefined`: what its addresses say. */
  readonly hostIndex: number | undefined;
  readonly addresses: readonly string[];
}

/** One network over several NICs of a node, as an entry asks for it. */
export interface PoolEntry {
  /** The network's name. */
  readonly name: string;
  /** The main plugin that attaches the Pod to each NIC, and its keys but those that ifacer gives it. */
  readonly plugin: { readonly type: string; readonly config: JsonObject };
  /** Which NICs it is over: by name, or by rule. */
  readonly nics: { readonly interfaces: readonly string[] } | { readonly rules: Rules; readonly bySelect: boolean };
  /** The networks whose NICs are meant, in this order; empty: any. */
  readonly masterNets: readonly Subnet[];
  /** What this Pod asks for, which is fewer or all. */
  readonly asked: { readonly count: number | undefined; readonly masters: readonly string[] };
  readonly ipam: PoolIpam;
  /** `ipam.routes`, which are made in the Pod when all its interfaces are there. */
  readonly routes: readonly WantedRoute[];
  /** Whether the node's rule and routes go with the last Pod. */
  readonly removeUnused: boolean;
}

/** What an entry says, or all that is wrong with it. */
export type PoolReading =
  | { readonly entry: PoolEntry; readonly problems: readonly []; readonly warnings: readonly Problem[] }
  | {
      readonly entry: undefined;
      readonly problems: readonly Problem[];
      readonly warnings: readonly Problem[];
      readonly code: Code;
    };

/** Whether an entry is about one network over several NICs. */
export const poolKey = "plugin";

/**
 * Reads an entry with `plugin`. All problems are found at once; `code` is 6 where a value has the wrong type, 7 where only values
 * are wrong. Keys match in any case, as everywhere in CNI.
 */
export function readPoolEntry(body: JsonObject): PoolReading {
  const reader = readObject(body, "");
  const plugin = readPlugin(reader);
  const given = readNetworks(reader, "masterNets");
  const nics = readNics(body, reader, given);
  const masterNets = given.length > 0 ? given : listNetworks(nics);
  const ipam = readIpam(reader);
  const routes = readRoutes(reader.object("ipam"));
  const removeUnused = reader.boolean("removeUnused") ?? false;
  const asked = readAsked(reader.object("args")?.object("cni"));
  for (const key of ["bond", "vlanID", "vlan", "mtu"]) {
    if (member(body, key) === undefined || member(body, key) === 0) continue;
    reader.refuse(key, "is for links that ifacer makes, an entry with plugin makes none: put it into an entry before");
  }
  if (plugin?.type === "ipvlan" && ipam?.kind === "none") {
    reader.refuse("ipam", "is missing: the plugin ipvlan gives no interface without addresses");
  }
  if (ipam?.kind === "blocks") {
    for (const network of masterNets.filter((one) => overlap(one, ipam.plan.blocks.subnet))) {
      const message = `${writeSubnet(ipam.plan.blocks.subnet)} and ${writeSubnet(network)} of masterNets have addresses in common: give Pods a network of their own`;
      reader.refuse("subnet", message);
    }
  }
  const { problems, isTypeWrong } = reader.findings;
  const warnings = [...reader.findings.warnings, ...findWarnings({ plugin, ipam, masterNets })];
  if (problems.length > 0 || plugin === undefined || ipam === undefined) {
    return { entry: undefined, problems, warnings, code: isTypeWrong ? Code.decoding : Code.invalidConfig };
  }
  const name = reader.text("name") ?? "";
  return { entry: { name, plugin, nics, masterNets, asked, ipam, routes, removeUnused }, problems: [], warnings };
}

/** An entry without problems. Throws code 6 or 7 with all that is wrong with it in the details. */
export function requirePoolEntry(reading: PoolReading): PoolEntry {
  if (reading.entry) return reading.entry;
  const facts = reading.problems.map(({ path, message }) => `${path}: ${message}`);
  throw errorOfAll(reading.code, facts, { lead: "the config is not valid, " });
}

/** What each delegate gets from ifacer: that is for nobody else to say. */
const givenKeys = ["cniVersion", "name", "type", "master", "ipam", "prevResult"];

function readPlugin(reader: Reader): PoolEntry["plugin"] | undefined {
  const plugin = reader.object("plugin");
  const type = plugin?.text("type");
  if (plugin === undefined) return undefined;
  if (type === undefined || type === "") {
    plugin.refuse("type", "is missing, allowed the type of a main plugin such as ipvlan or macvlan");
    return undefined;
  }
  if (type === "ifacer") plugin.refuse("type", "ifacer attaches Pods to nothing: name a main plugin");
  refusePath(plugin, type);
  return { type, config: plugin.without(givenKeys) };
}

/** A type is the name of a file in CNI_PATH. */
function refusePath(reader: Reader, type: string): void {
  if (/[/\0]/.test(type) || type === "." || type === "..") {
    reader.refuse("type", `${JSON.stringify(type)} is not the name of a plugin: no '/' may be in it`);
  }
}

/** Without `interfaces` and `select`, every NIC that has an IPv4 address, or one in `masterNets`. */
function readNics(body: JsonObject, reader: Reader, masterNets: readonly Subnet[]): PoolEntry["nics"] {
  const interfaces = readInterfaces(reader);
  const networks = masterNets.length > 0 ? masterNets : [anywhere];
  if (member(body, "select") === undefined)
    return interfaces ? { interfaces } : { rules: { ...noRules, networks }, bySelect: false };
  const select = readSelect(body);
  for (const { path, message } of select.problems) reader.refuse(path, message);
  if ("code" in select && select.code === Code.decoding) reader.findings.isTypeWrong = true;
  if (select.rules?.networks && masterNets.length > 0) {
    reader.refuse("masterNets", "is the same as select.networks: leave one of them out");
  }
  const rules = select.rules ?? noRules;
  return { rules: { ...rules, networks: rules.networks ?? networks }, bySelect: true };
}

/** All IPv4 addresses. */
const anywhere: Subnet = { family: "4", value: 0n, prefixLength: 0 };

/** The networks that a rule lists say the same as `masterNets`. */
function listNetworks(nics: PoolEntry["nics"]): readonly Subnet[] {
  const networks = "rules" in nics ? (nics.rules.networks ?? []) : [];
  return networks.filter((network) => network.family === "4" && network !== anywhere).map(networkOf);
}

function readInterfaces(reader: Reader): readonly string[] | undefined {
  const names = reader.texts("interfaces");
  for (const [index, name] of (names ?? []).entries()) {
    const fault = findAltNameFault(name);
    if (fault) reader.refuse(`interfaces[${index}]`, `the name ${JSON.stringify(name)} ${fault}`);
    else if (names?.indexOf(name) !== index) reader.refuse(`interfaces[${index}]`, `${name} is listed twice`);
  }
  if (names?.length === 0) reader.refuse("interfaces", "names no interface: leave it out for all NICs");
  return names;
}

/** An empty list is as good as none: the operator of the multi-nic plugin writes one where it knows no networks. */
function readNetworks(reader: Reader, key: string): readonly Subnet[] {
  const texts = reader.texts(key) ?? [];
  if (texts.length > mostListed.networks) {
    reader.refuse(key, `got ${texts.length} networks, allowed up to ${mostListed.networks}`);
    return [];
  }
  return texts.flatMap((text, index, all) => {
    const path = `${key}[${index}]`;
    const subnet = parseSubnet(text);
    if (subnet?.family !== "4") {
      reader.refuse(path, `${JSON.stringify(text)} is no IPv4 network such as 10.0.1.0/24`);
      return [];
    }
    if (all.indexOf(text) !== index) reader.refuse(path, `${text} is listed twice`);
    return [networkOf(subnet)];
  });
}

/** 1,024 networks: no node has as many NICs. */
const mostInterfaceBits = 10;

/** A config is a tenant's: what it lists is looked at again and again. */
const mostListed = { networks: 256, peers: 4096, addresses: 64 };

/** As in the plugin that this one stands in for. */
const defaults = { subnet: "172.30.0.0/16", interfaceBlock: 2, hostBlock: 8 };

function readIpam(reader: Reader): PoolIpam | undefined {
  const once = reader.boolean("multiNICIPAM") ?? false;
  const ipam = reader.object("ipam");
  const type = ipam?.text("type") ?? "";
  if (ipam === undefined || type === "") return { kind: "none" };
  refusePath(ipam, type);
  if (type === "ifacer") ipam.refuse("type", `ifacer is no IPAM plugin: name one, or ${blocksType}`);
  if (type !== blocksType) return { kind: once ? "once" : "each", type };
  const plan = readAddressPlan(reader, ipam);
  return plan && { kind: "blocks", type, plan };
}

function readAddressPlan(reader: Reader, ipam: Reader): AddressPlan | undefined {
  const text = reader.text("subnet") || defaults.subnet;
  const subnet = parseSubnet(text);
  if (subnet?.family !== "4") {
    reader.refuse("subnet", `${JSON.stringify(text)} is no IPv4 network such as 192.168.0.0/16`);
    return undefined;
  }
  const blocks = {
    subnet,
    interfaceBlock: ipam.integer("interfaceBlock", { min: 0, max: mostInterfaceBits }) ?? defaults.interfaceBlock,
    hostBlock: ipam.integer("hostBlock", { min: 0, max: 32 }) ?? defaults.hostBlock,
    excludes: readNetworks(ipam, "excludeCIDRs"),
  };
  const fault = findBlocksFault(blocks);
  if (fault) reader.refuse("subnet", fault);
  const dataDir = ipam.text("dataDir");
  if (dataDir && !dataDir.startsWith("/")) ipam.refuse("dataDir", `${JSON.stringify(dataDir)} is no absolute path`);
  const mode = ipam.oneOf("vlanMode", ["l2", "l3", "l3s"]);
  const table = readTable(reader, ipam);
  const listed = ipam.objects("peers");
  const isTooLong = listed !== undefined && listed.length > mostListed.peers;
  if (isTooLong) ipam.refuse("peers", `got ${listed.length} nodes, allowed up to ${mostListed.peers}`);
  const peers = isTooLong ? [] : listed?.map(readPeer);
  const routing = mode === "l3" || mode === "l3s" ? { table, peers } : undefined;
  return { blocks, dataDir: dataDir || undefined, routing };
}

/** The kernel's own tables: those of no rule of ours. */
const ownTables = [0, 253, 254, 255];

function readTable(reader: Reader, ipam: Reader): string {
  const table = ipam.integer("routeTable", { min: 1, max: 0xffffffff });
  if (table !== undefined && ownTables.includes(table)) {
    ipam.refuse("routeTable", `${table} is a table of the kernel's own: use another number`);
  }
  return String(table ?? chooseTable(reader.text("name") ?? ""));
}

/** The same number for a network on each node. */
function chooseTable(name: string): number {
  let sum = 0;
  for (const byte of new TextEncoder().encode(name)) sum = (sum * 31 + byte) % 100;
  return 7400 + sum;
}

function readPeer(peer: Reader): Peer {
  const hostIndex = peer.integer("hostIndex", { min: 0, max: 0xffffffff });
  const listed = peer.texts("addresses") ?? [];
  if (listed.length > mostListed.addresses) {
    peer.refuse("addresses", `got ${listed.length} addresses, allowed up to ${mostListed.addresses}`);
    return { hostIndex, addresses: [] };
  }
  const addresses = listed.flatMap((text, index) => {
    const address = parseAddress(text);
    if (address?.family === "4") return [writeAddress(address)];
    peer.refuse(`addresses[${index}]`, `${JSON.stringify(text)} is no IPv4 address`);
    return [];
  });
  if (addresses.length === 0) peer.refuse("addresses", "are missing: those of the node's NICs");
  return { hostIndex, addresses };
}

/** What a Pod's `cni-args` ask for, which Multus puts into `args.cni`. */
function readAsked(args: Reader | undefined): PoolEntry["asked"] {
  // 0 is what a program writes that has nothing to say.
  const count = args?.integer("nics", { min: 0, max: 1024 }) || undefined;
  const masters = args?.texts("masters") ?? [];
  if (count !== undefined && masters.length > 0 && count !== masters.length) {
    args?.refuse("nics", `is ${count}, and masters names ${masters.length}: leave one of them out`);
  }
  return { count, masters };
}

function findWarnings({ plugin, ipam, masterNets }: Given): Problem[] {
  const warnings: Problem[] = [];
  if (ipam?.kind !== "blocks") return warnings;
  const mode = plugin?.type === "ipvlan" ? readObject(plugin.config, "").text("mode") : undefined;
  if ((mode === "l3" || mode === "l3s") && ipam.plan.routing === undefined) {
    const message = `is l2, so that no routes to other nodes are made, but the plugin's mode is ${mode}, which needs them: set it to ${mode}`;
    warnings.push({ path: "ipam.vlanMode", message });
  }
  if (masterNets.length === 0) {
    const message =
      "is not given: all nodes must have NICs in the same networks then, or two nodes give the same addresses";
    warnings.push({ path: "masterNets", message });
  }
  return warnings;
}

interface Given {
  readonly plugin: PoolEntry["plugin"] | undefined;
  readonly ipam: PoolIpam | undefined;
  readonly masterNets: readonly Subnet[];
}
