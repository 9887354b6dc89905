import type { SelectKind } from "../config/select.ts";
import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { knowsKind } from "../host/nic.ts";
import { type Address, type Link, loopback } from "../model.ts";
import { observeBelow } from "./below.ts";
import { type Json, parseLine, strings, text } from "./json.ts";
import { readLink } from "./parse.ts";
import { aboutLoopback, lookArguments } from "./start.ts";
import { listNics, readAddress } from "./use.ts";

/** A link that may be chosen, as `ip` shows it. */
export interface SeenNic {
  readonly link: Link;
  readonly kind: SelectKind;
  /** Whether the other side is there. */
  readonly carrier: boolean;
  readonly addresses: readonly Address[];
}

/** The links of a node that may be chosen, and the ones with its default routes. */
export interface SeenNics {
  readonly nics: readonly SeenNic[];
  /** The own name of the bond that was asked for; `undefined`: it is not there. */
  readonly bond: string | undefined;
  /** The links with a default route of the table main. */
  readonly defaultRoutes: readonly Link[];
  /** What the links with default routes and, where that was asked for, the other links are made of. */
  readonly below: readonly Link[];
  /** What was asked for of the NICs beside them. */
  readonly upper: readonly Link[];
}

/** What is to be seen beside hardware and dummies, which stand for hardware in tests. */
interface Wanted {
  readonly kinds: readonly SelectKind[];
  /** The bond that the NICs may be in already, by any of its names. */
  readonly bond: string | undefined;
  /** What bonds and VLANs are made of. */
  readonly stacks: boolean;
  /** By which names a link may be that is on top of a NIC. */
  readonly nameUppers: (nic: string) => readonly string[];
}

/**
 * Looks at the NICs of the node, by one run of `ip` and one for the default routes of IPv6. The number of lines follows the NICs:
 * of other links the kernel shows none.
 *
 * @param hardware the names of the links that have hardware below them, which `ip` can't tell from others
 *
 * Throws code 102 (no `ip`) or 103 (`ip` can't look).
 */
export async function observeNics(
  hardware: readonly string[],
  { kinds, bond, stacks, nameUppers }: Wanted,
): Promise<SeenNics> {
  const others = ["dummy" as const, ...kinds.filter((kind) => kind !== "nic")].filter(knowsKind);
  // Routes and addresses come before `link show`, after which `ip` would show others: it keeps the family of what it showed.
  const [ofLinks, ofIPv6] = await Promise.all([
    runIp(lookArguments, [
      defaultRoutes,
      ...hardware.map(askAboutAddresses),
      ...hardware.flatMap(nameUppers).map(askAboutLink),
      ...others.map((kind) => `link show type ${kind}`),
      ...(bond === undefined ? [] : [askAboutLink(bond)]),
      aboutLoopback,
    ]),
    runIp(["-6", "-details", "-json", ...defaultRoutes.split(" ")], []),
  ]);
  const seen = readItems([ofLinks.stdout, ofIPv6.stdout]);
  const hasRoutes = ofIPv6.status === 0 && !firstFailed.test(ofLinks.stderr);
  if (seen === undefined || !hasRoutes || !seen.links.some(({ name }) => name === loopback)) {
    const { command, status, stderr } = ofIPv6.status === 0 ? ofLinks : ofIPv6;
    const message = `'${command}' can't look at the NICs of this node, its exit status is ${status}`;
    throw new CniError(Code.ipFailed, message, { details: stderr });
  }
  const found = seen.links.filter(({ name }) => name !== loopback);
  const links = [
    ...found,
    ...(await askForLinks(seen.routed.filter((name) => !found.some((link) => link.name === name)))),
  ];
  const nics = found.flatMap((link): SeenNic[] => {
    const kind = tellKind(link);
    // The bond is shown also where none is to be chosen.
    if (kind === undefined || (kind !== "nic" && !kinds.includes(kind))) return [];
    const addresses = seen.addresses.get(link.index);
    return [{ link, kind, carrier: seen.carriers.has(link.index), addresses: addresses ?? [] }];
  });
  const routed = links.filter(({ name }) => seen.routed.includes(name));
  const upper = stacks ? nics.filter(({ kind }) => kind !== "nic").map(({ link }) => link) : [];
  const rest = await askAboutRest(
    nics.map(({ link }) => link.name).filter((name) => !hardware.includes(name)),
    nameUppers,
  );
  return {
    nics: nics.map((nic) => ({ ...nic, addresses: rest.addresses.get(nic.link.index) ?? nic.addresses })),
    bond:
      bond === undefined
        ? undefined
        : found.find(({ name, altNames }) => name === bond || altNames.includes(bond))?.name,
    defaultRoutes: routed,
    below: await observeBelow([...new Set([...routed, ...upper])]),
    upper: [...found, ...rest.links],
  };
}

const defaultRoutes = "route show default";

/** What `ip` says where it could not show the default routes: no NIC may be taken for one without. Other lines fail as names are not there. */
const firstFailed = /^Command failed -:1$/m;

/** A NIC has no kind of its own, as far as the kernel tells. */
function tellKind({ kind }: Link): SelectKind | undefined {
  if (kind === undefined || kind === "dummy") return "nic";
  return kind === "bond" || kind === "vlan" ? kind : undefined;
}

interface Items {
  readonly links: readonly Link[];
  /** By the link's index. */
  readonly addresses: ReadonlyMap<number, readonly Address[]>;
  readonly carriers: ReadonlySet<number>;
  /** The names of the links that routes lead through. */
  readonly routed: readonly string[];
}

/** What `ip` showed; `undefined`: it is no JSON. */
function readItems(outputs: readonly string[]): Items | undefined {
  let items: Json[];
  try {
    items = outputs.flatMap((output) => output.split("\n").flatMap((line) => (line === "" ? [] : parseLine(line))));
  } catch {
    return undefined;
  }
  const links = new Map<number, Link>();
  const addresses = new Map<number, readonly Address[]>();
  const carriers = new Set<number>();
  const routed = new Set<string>();
  for (const item of items) {
    if (text(item["dst"]) !== undefined) for (const name of listNics(item)) routed.add(name);
    if (typeof item["ifindex"] !== "number") continue;
    const link = readLink(item);
    links.set(link.index, link);
    if (Array.isArray(item["addr_info"])) addresses.set(link.index, item["addr_info"].map(readAddress));
    if (strings(item["flags"]).includes("LOWER_UP")) carriers.add(link.index);
  }
  return { links: [...links.values()], addresses, carriers, routed: [...routed] };
}

/** The links of these names, as far as they are there. */
async function askForLinks(names: readonly string[]): Promise<readonly Link[]> {
  if (names.length === 0) return [];
  const { stdout } = await runIp(lookArguments, names.map(askAboutLink));
  return readItems([stdout])?.links ?? [];
}

/** What was found by its kind only: `ip` would look through the addresses of all links for those of a kind. */
async function askAboutRest(names: readonly string[], nameUppers: Wanted["nameUppers"]): Promise<Items> {
  if (names.length === 0) return nothing;
  const lines = [...names.map(askAboutAddresses), ...names.flatMap(nameUppers).map(askAboutLink)];
  const { stdout } = await runIp(lookArguments, lines);
  return readItems([stdout]) ?? nothing;
}

const nothing: Items = { links: [], addresses: new Map(), carriers: new Set(), routed: [] };

function askAboutAddresses(name: string): string {
  return `address show dev ${name}`;
}

function askAboutLink(name: string): string {
  return `link show dev ${name}`;
}
