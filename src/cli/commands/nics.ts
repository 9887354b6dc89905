import { findAltNameFault } from "../../config/linkNames.ts";
import { CniError, Code } from "../../error.ts";
import { runIp } from "../../host/ip.ts";
import { readHardware } from "../../host/nic.ts";
import type { Current, Desired, Hardware, Link } from "../../model.ts";
import { parseLine } from "../../observe/json.ts";
import { observe } from "../../observe/observe.ts";
import { findEnslaveConflicts } from "../../plan/enslave.ts";
import type { Judge } from "../../policy/judge.ts";
import { readPolicy } from "../../policy/load.ts";
import { groupBy } from "../read/groups.ts";
import { type NodeLink, readNodeLink } from "../read/nodeLinks.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";
import { describeState } from "../show/tree.ts";

/** A NIC, and what speaks against making it a slave. */
export interface Nic {
  readonly link: NodeLink;
  readonly hardware: Hardware;
  /** `192.0.2.1/24` */
  readonly addresses: readonly string[];
  /** Empty: ifacer would take it. */
  readonly obstacles: readonly string[];
}

/** `ifacer nics`: the NICs of this node, and whether ifacer would take them as slaves. */
export async function listNics(): Promise<Report> {
  const nics = await lookAtNics();
  return {
    status: 0,
    text: nics.length === 0 ? [line(0, "this node has no NIC")] : showNics(nics),
    json: versioned({
      nics: nics.map(({ link, hardware, addresses, obstacles }) => ({
        name: link.name,
        altNames: link.altNames,
        driver: hardware.driver ?? null,
        pciAddress: hardware.pciAddress ?? null,
        speed: hardware.speed ?? null,
        mac: link.mac,
        permanentMAC: link.permanentMAC ?? link.mac,
        up: link.up,
        carrier: link.carrier,
        mtu: link.mtu,
        maxMTU: link.maxMTU || null,
        master: link.master ?? null,
        addresses,
        enslavable: obstacles.length === 0,
        obstacles,
      })),
    }),
  };
}

async function lookAtNics(): Promise<Nic[]> {
  const { status, stdout } = await runIp(["-details", "-json", "link", "show"], []);
  if (status !== 0)
    throw new CniError(Code.ipFailed, "'ip -details -json link show' can't look at the links of this node");
  const links = parseLine(stdout || "[]")
    .map((json) => readNodeLink(json))
    .filter(isNic);
  const known = links.filter(({ name }) => findAltNameFault(name) === undefined);
  const names = known.map(({ name }) => name);
  // The very look that ADD takes at a bond's NICs.
  const current = await observe(desireBondOf(names, "sp_bond0"), { depth: "use" });
  const desired = desireBondOf(names, "the bond");
  const judge = readPolicyOrRefuse();
  const parts = splitByNIC(current, desired.bond?.name);
  return Promise.all(links.map((link) => describeNic(link, { desired, current: parts(link), judge })));
}

/** What matters to one NIC of all that was seen: who looks through all links for each NIC takes minutes among thousands. */
export function splitByNIC(current: Current, bond = ""): (link: Link) => Current {
  const links = groupBy(current.links, ({ parent }) => parent);
  const vlans = groupBy(current.vlans, ({ parent }) => parent);
  const named = new Map(current.links.map((link) => [link.name, link]));
  return ({ name, master = "" }) => ({
    links: [...new Set([name, master, bond])].flatMap((one) => named.get(one) ?? []).concat(links.get(name) ?? []),
    vlans: vlans.get(name) ?? [],
    uses: current.uses,
  });
}

/** A policy that can't be read forbids every NIC. */
function readPolicyOrRefuse(): Judge {
  try {
    return readPolicy();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const { message } = error;
    return async ({ interfaces: [link = ""] }) => [{ reason: "forbidden", link, message }];
  }
}

/** A NIC of the machine, a dummy that stands for one, or whatever else a bond has as its slave. */
function isNic({ name, kind, masterKind }: NodeLink): boolean {
  if (name === "lo" || kind === "bond") return false;
  return kind === undefined || kind === "dummy" || masterKind === "bond";
}

function desireBondOf(nics: readonly string[], name: string): Desired {
  return {
    interfaces: nics,
    bond: { name, mode: undefined, settings: [], slaves: nics },
    vlans: [],
    mtu: undefined,
    allowDuplicateVlanID: false,
    allowInUse: false,
    place: "node",
    addresses: [],
    routes: [],
  };
}

interface Snapshot {
  readonly desired: Desired;
  readonly current: Current;
  readonly judge: Judge;
}

async function describeNic(link: NodeLink, { desired, current, judge }: Snapshot): Promise<Nic> {
  const fault = findAltNameFault(link.name);
  const conflicts = fault
    ? []
    : [
        ...(await judge(desireBondOf([link.name], "sp_bond0"), current)),
        ...findEnslaveConflicts(link, { desired, current }),
      ];
  const addresses = current.uses.get(link.name)?.addresses ?? [];
  return {
    link,
    hardware: readHardware(link.name),
    addresses: addresses.map(({ local, prefixLength }) => `${local}/${prefixLength}`),
    obstacles: fault ? [`its name ${fault}`] : conflicts.map(({ message }) => message),
  };
}

/** The NICs as text, a block each. */
export function showNics(nics: readonly Nic[]): Line[] {
  return nics.flatMap(({ link, hardware, addresses, obstacles }, index) => {
    const also = link.altNames.length > 0 ? ` (also ${link.altNames.join(", ")})` : "";
    const speed = hardware.speed === undefined ? "speed unknown" : `${hardware.speed} Mb/s`;
    const driver = hardware.driver ?? link.kind ?? "unknown";
    const mac =
      link.permanentMAC && link.permanentMAC !== link.mac ? `${link.mac} (its own is ${link.permanentMAC})` : link.mac;
    return [
      ...(index > 0 ? [line(0, "")] : []),
      line(0, `${link.name}${also}: ${describeState(link)}, ${speed}, MTU ${link.mtu}`, "bold"),
      line(1, `driver ${driver}${hardware.pciAddress ? `, PCI ${hardware.pciAddress}` : ""}, MAC ${mac}`),
      line(1, addresses.length > 0 ? `addresses ${addresses.join(", ")}` : "no addresses"),
      obstacles.length === 0
        ? line(1, "slave: yes, ifacer would take it", "green")
        : line(1, "slave: no, ifacer would not take it", "yellow"),
      ...obstacles.map((obstacle) => line(2, obstacle)),
    ];
  });
}
