import { isEndName } from "../config/pathNames.ts";
import { CniError, Code } from "../error.ts";
import { readInet6 } from "../host/inet6.ts";
import { type IpSite, runIp } from "../host/ip.ts";
import { requireNamespace } from "../host/podNamespace.ts";
import { isOnWire } from "../host/wire.ts";
import type { Current, Desired, Link, Neighbour, NodeView, Route, Use } from "../model.ts";
import { parseInet6 } from "./inet6.ts";
import { type Json, parseLine, text } from "./json.ts";
import { parseIpOutput, readLink, readRule } from "./parse.ts";
import { watchForEnd } from "./questions.ts";
import { aboutLoopback, lookArguments, type StartedLook } from "./start.ts";
import { listNics, readRoute } from "./use.ts";

/** What is asked of the node: its end of the pair, and the Pod's addresses. */
export interface NodeQuestion {
  readonly end: string;
  readonly addresses: readonly string[];
}

/**
 * Looks at what a node path is about on the node, by the one `ip` that was started for it. What is asked follows the Pod's and the
 * node's addresses: a node may have thousands of links and routes.
 *
 * Throws code 102 (no `ip`) or 103 (`ip` answered what can't be read).
 */
export async function observeNode({ end, addresses }: NodeQuestion, look: StartedLook): Promise<NodeView> {
  const lines = [
    ...askAboutEnd(end, addresses),
    ...addresses.map((address) => `route get ${address}`),
    aboutLoopback,
    "route show table local type local",
    aboutLoopback,
  ];
  const given = [aboutLoopback, ...lines];
  const [stdout, inet6] = await Promise.all([look.ask(lines, watchForEnd(given)), readInet6()]);
  const [, ofEnd, gotten, table] = split(stdout);
  if (ofEnd === undefined || gotten === undefined || table === undefined) throw refuseAnswer();
  const locals = [...table.flatMap(readLocal), ...parseInet6(inet6)];
  const links = await Promise.all([...new Set(locals.map(({ link }) => link))].map(tellAboutWire));
  const onWire = new Map(links);
  const found = gotten.flatMap(({ dst, prefsrc }) =>
    typeof dst === "string" && typeof prefsrc === "string" ? [[dst, prefsrc] as const] : [],
  );
  return {
    current: readEnd(ofEnd, { end, addresses }),
    locals: locals.map((local) => ({ ...local, isOnWire: onWire.get(local.link) ?? false })),
    sources: new Map(found),
    inner: await findInner(gotten, onWire),
  };
}

/** The addresses that are reached on a bridge without a link of the wire, and which. */
async function findInner(gotten: readonly Json[], onWire: ReadonlyMap<string, boolean>): Promise<Map<string, string>> {
  const ways = gotten.flatMap(({ dst, dev, gateway }) =>
    typeof dst === "string" && typeof dev === "string" && gateway === undefined && !onWire.get(dev)
      ? [[dst, dev] as const]
      : [],
  );
  const links = [...new Set(ways.map(([, link]) => link))].filter((link) => !isEndName(link));
  if (links.length === 0) return new Map();
  const { isInnerBridge } = await import("../host/bridge.ts");
  const told = await Promise.all(links.map(async (link) => [link, await isInnerBridge(link)] as const));
  const inner = new Map(told);
  return new Map(ways.filter(([, link]) => inner.get(link)));
}

async function tellAboutWire(link: string) {
  return [link, await isOnWire(link)] as const;
}

/** The end, its neighbours, and the route that a packet for each address takes: the kernel finds it, whatever their number. */
function askAboutEnd(end: string, addresses: readonly string[]): string[] {
  return [
    `link show dev ${end}`,
    `neighbour show dev ${end} nud permanent`,
    ...addresses.map((address) => `route get fibmatch ${address}`),
    aboutLoopback,
  ];
}

function refuseAnswer(): CniError {
  return new CniError(Code.ipFailed, "'ip' can't look at the links and routes of this node");
}

/** What was shown before each answer about the loopback device. */
function split(stdout: string): Json[][] {
  const parts: Json[][] = [];
  let part: Json[] = [];
  for (const item of stdout.split("\n").flatMap((line) => (line === "" ? [] : parseLine(line)))) {
    if (item["ifname"] !== "lo") part.push(item);
    else {
      parts.push(part);
      part = [];
    }
  }
  return parts;
}

function readLocal(json: Json): { address: string; link: string }[] {
  const address = text(json["dst"]);
  const link = text(json["dev"]);
  return address === undefined || link === undefined || address.includes("/") ? [] : [{ address, link }];
}

/** A look that some lines of `ip` are, in one run with others before. */
export interface FurtherLook {
  readonly lines: readonly string[];
  /** `undefined`: `ip` did not come to the end of them. */
  readonly read: (stdout: string) => Current | undefined;
}

/** What to ask again about the place of a plan. */
export function askAgain(desired: Desired, { netns, family }: IpSite): FurtherLook {
  if (netns === undefined) return askNodeAgain(desired);
  return family === undefined ? { lines: podLines, read: readPod } : { lines: ["rule show"], read: readRules6 };
}

function readRules6(stdout: string): Current | undefined {
  const items = stdout.split("\n").flatMap((line) => (line === "" ? [] : parseLine(line)));
  // The kernel's own are always there.
  return items.length === 0 ? undefined : { links: [], vlans: [], uses: new Map(), rules: items.flatMap(readRule) };
}

/** About the node's end, and the routes that a plan wants. */
function askNodeAgain({ path, routes }: Desired): FurtherLook {
  const end = path?.end?.name ?? "";
  const addresses = routes.map(({ destination }) => destination.split("/")[0] ?? "");
  return {
    lines: askAboutEnd(end, addresses),
    read: (stdout) => {
      const [ofEnd] = split(stdout);
      return ofEnd && readEnd(ofEnd, { end, addresses });
    },
  };
}

function readEnd(items: readonly Json[], { end, addresses }: Pick<NodeQuestion, "end" | "addresses">): Current {
  const links = items.filter((item) => typeof item["ifindex"] === "number").map(readLink);
  const uses = new Map<string, Use>(links.map(({ name }) => [name, emptyUse]));
  for (const item of items) {
    // Not of a wider route that leads there as well.
    if (typeof item["dst"] !== "string" || isNeighbour(item) || !addresses.includes(item["dst"])) continue;
    // A route without a link, such as a blackhole, is in the way too.
    const [link = ""] = listNics(item);
    const use = uses.get(link) ?? emptyUse;
    uses.set(link, { ...use, routes: [...use.routes, readRoute(item)] });
  }
  return { links, vlans: [], uses, neighbours: items.filter(isNeighbour).flatMap((item) => readNeighbour(item, end)) };
}

const emptyUse: Use = { addresses: [], routes: [] as readonly Route[], nexthops: [], sharedElsewhere: false };

function isNeighbour(item: Json): boolean {
  return Array.isArray(item["state"]);
}

function readNeighbour(item: Json, link?: string): Neighbour[] {
  const address = text(item["dst"]);
  const mac = text(item["lladdr"]);
  // `ip` leaves out the link that it was asked for.
  const name = text(item["dev"]) ?? link;
  return address && mac && name ? [{ link: name, address, mac }] : [];
}

const podLines = ["address show", "route show table all", "neighbour show nud permanent", "rule show"];

/**
 * Looks at all links, addresses, routes and rules of a Pod, and at its permanent neighbours, in one run of `ip`; the rules of IPv6
 * take another one.
 *
 * Throws code 3 (there is no such namespace), 102 (no `ip`) or 103 (`ip` failed).
 */
export async function observePodPath(netns: string, { rules6 = false } = {}): Promise<Current> {
  await requireNamespace(netns);
  const [{ command, status, stdout, stderr }, run6] = await Promise.all([
    runIp(lookArguments, podLines, { netns }),
    rules6 ? runIp(lookArguments, ["rule show"], { netns, family: "6" }) : undefined,
  ]);
  const seen = readPod(stdout, run6?.stdout);
  if (seen) return seen;
  await requireNamespace(netns);
  const message = `'${command}' can't look at the links of the Pod, its exit status is ${status}`;
  throw new CniError(Code.ipFailed, message, { details: stderr });
}

function readPod(stdout: string, ofRules6 = ""): Current | undefined {
  const isOther = (item: Json) => isNeighbour(item) || item["priority"] !== undefined;
  const texts = stdout.split("\n").filter((line) => line !== "");
  const others = [...texts, ...ofRules6.split("\n")]
    .flatMap((line) => (line === "" ? [] : parseLine(line)))
    .filter(isOther);
  const seen = parseIpOutput(texts.filter((line) => !parseLine(line).some(isOther)).join("\n"));
  if (seen.links.length === 0) return undefined;
  const uses = [...seen.addresses].map(([link, addresses]) => {
    const use: Use = { ...emptyUse, addresses, routes: seen.routes.get(link) ?? [] };
    return [link, use] as const;
  });
  return {
    links: seen.links,
    vlans: [],
    uses: new Map(uses),
    neighbours: others.filter(isNeighbour).flatMap((item) => readNeighbour(item)),
    rules: others.filter((item) => !isNeighbour(item)).flatMap(readRule),
  };
}

/** Looks at what a plan of a node path is about, where it is. Throws as the first looks do. */
export async function observeAgain(desired: Desired, site: IpSite): Promise<Current> {
  if (site.netns !== undefined) await requireNamespace(site.netns);
  const { lines, read } = askAgain(desired, site);
  const { command, status, stdout, stderr } = await runIp(lookArguments, lines, site);
  const seen = read(stdout);
  if (seen) return seen;
  const message = `'${command}' can't look at links and routes, its exit status is ${status}`;
  throw new CniError(Code.ipFailed, message, { details: stderr });
}

/** All links of the node that are ends of pairs. */
export async function observeEnds(): Promise<readonly Link[]> {
  const { stdout } = await runIp(lookArguments, ["link show type veth", aboutLoopback]);
  const [ends] = split(stdout);
  if (ends === undefined) throw refuseAnswer();
  return ends.map(readLink);
}

/** What DEL has to know of the node's end: the addresses that routes and permanent neighbours on it are for. */
export interface EndView {
  readonly link: Link | undefined;
  readonly routes: readonly string[];
  readonly neighbours: readonly string[];
}

/** Looks at the node's end of a pair. Throws code 102 or 103. */
export async function observeEnd(end: string): Promise<EndView> {
  const lines = [`link show dev ${end}`, `route show table all dev ${end}`, `neighbour show dev ${end} nud permanent`];
  const { stdout } = await runIp(lookArguments, [...lines, aboutLoopback]);
  const [items] = split(stdout);
  if (items === undefined) throw refuseAnswer();
  const [link] = items.filter((item) => typeof item["ifindex"] === "number").map(readLink);
  const rest = items.filter((item) => item["ifindex"] === undefined);
  return {
    link,
    routes: rest.flatMap((item) => {
      const address = text(item["dst"]);
      const isOurs = !isNeighbour(item) && item["type"] !== "local" && text(item["table"] ?? "main") === "main";
      return isOurs && address !== undefined && !address.includes("/") ? [address] : [];
    }),
    neighbours: rest.filter(isNeighbour).flatMap((item) => text(item["dst"]) ?? []),
  };
}
