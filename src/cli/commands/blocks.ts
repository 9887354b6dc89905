import { type Subnet, writeAddress, writeSubnet } from "../../config/addresses.ts";
import { CniError, Code } from "../../error.ts";
import { readHostIndex } from "../../policy/hostIndex.ts";
import { type AddressRange, countAddresses, findVlanCIDR, listRanges } from "../../pool/blocks.ts";
import { type AddressPlan, blocksType, type PoolEntry } from "../../pool/entry.ts";
import { findBlocks, findNicBlocks, type NicBlocks } from "../../pool/nics.ts";
import { type Options, UsageError } from "../arguments.ts";
import { type Entries, findEntries } from "../read/entries.ts";
import { readFiles } from "../read/files.ts";
import { type Judgement, judge } from "../read/judge.ts";
import { type Report, versioned } from "../show/report.ts";
import { type Line, line } from "../show/screen.ts";
import { layOut } from "../show/table.ts";
import { planPool } from "./poolPlan.ts";
import { showFindings, showProblems } from "./validate.ts";

/** A network of NICs, and its block; `nic`: this node's. */
interface Network {
  readonly index: number;
  readonly network: Subnet | undefined;
  readonly nic: string | undefined;
}

/** One row of the table. */
interface Row extends Network {
  readonly host: number;
  /** Why there is no block. */
  readonly fault: string | undefined;
  readonly blocks: NicBlocks | undefined;
  readonly ranges: readonly AddressRange[];
}

/** What came of an entry. */
interface Table {
  readonly judgement: Judgement;
  readonly rows: readonly Row[];
  /** Why there is no table. */
  readonly fault: string | undefined;
}

/** Which nodes are asked about: this one, the one with an index, or all. */
type Wanted = "here" | "all" | number;

/** `ifacer blocks`: the blocks of addresses of networks over several NICs. */
export async function showBlocks(options: Options): Promise<Report> {
  const wanted = readWanted(options);
  const found = findEntries(readFiles(options.values("--file")));
  const tables: Table[] = [];
  for (const judgement of found.entries.map(judge)) {
    if (judgement.desired === undefined || judgement.pool !== undefined)
      tables.push(await makeTable(judgement, wanted));
  }
  const good = tables.length > 0 && found.problems.length === 0 && tables.every(isGood);
  return {
    status: good ? 0 : 1,
    text: [
      ...tables.flatMap(showTable),
      ...showFindings(found),
      ...(tables.length === 0 ? [line(0, `no entry has plugin with an ipam of the type ${blocksType}`, "red")] : []),
    ],
    json: versioned({ good, entries: tables.map(listTable), ...listFindings(found) }),
  };
}

function readWanted(options: Options): Wanted {
  const host = options.value("--host");
  if (host === undefined) return options.has("--all") ? "all" : "here";
  if (options.has("--all")) throw new UsageError("--host and --all ask for different things: leave one of them out");
  if (!/^(0|[1-9]\d{0,9})$/.test(host)) throw new UsageError(`--host ${host} is no index of a node, such as 3`);
  return Number(host);
}

async function makeTable(judgement: Judgement, wanted: Wanted): Promise<Table> {
  const { pool } = judgement;
  if (pool === undefined) return { judgement, rows: [], fault: undefined };
  if (pool.ipam.kind !== "blocks") return { judgement, rows: [], fault: `its ipam is not of the type ${blocksType}` };
  try {
    return { judgement, rows: await listRows(pool, pool.ipam.plan, wanted), fault: undefined };
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    return { judgement, rows: [], fault: error.message };
  }
}

/** A hostBlock up to which all nodes are shown. */
const mostBits = 12;

/** The node is looked at only where its NICs matter. */
async function listRows(pool: PoolEntry, plan: AddressPlan, wanted: Wanted): Promise<Row[]> {
  const { blocks } = plan;
  if (wanted === "here") {
    const { nics } = await look(pool);
    const hostIndex = readHostIndex();
    return nics.map((nic): Row => {
      const found = findNicBlocks(nic, { blocks, hostIndex });
      const place = { index: nic.index, network: nic.network, nic: nic.master.name };
      return "fault" in found
        ? { ...place, host: 0, blocks: undefined, ranges: [], fault: found.fault }
        : { ...place, host: found.host, blocks: found, ranges: listRanges(blocks, found.podCIDR), fault: undefined };
    });
  }
  const networks = pool.masterNets.map((network, index): Network => ({ index, network, nic: undefined }));
  const all = networks.length > 0 ? networks : await listNetworks(pool);
  if (wanted === "all" && blocks.hostBlock > mostBits) {
    const message = `there may be ${2 ** blocks.hostBlock} nodes, too many for a table: name one by --host`;
    throw new CniError(Code.invalidConfig, message);
  }
  const hosts = wanted === "all" ? Array.from({ length: 2 ** blocks.hostBlock }, (_, host) => host) : [wanted];
  return all.flatMap((network) =>
    hosts.map((host): Row => {
      const found = findBlocks(blocks, { index: network.index, host });
      return "fault" in found
        ? { ...network, host, blocks: undefined, ranges: [], fault: found.fault }
        : { ...network, host, blocks: found, ranges: listRanges(blocks, found.podCIDR), fault: undefined };
    }),
  );
}

async function look(pool: PoolEntry) {
  const { layout, plan } = await planPool(pool);
  if (layout && layout.nics.length > 0) return layout;
  const [conflict] = plan.conflicts;
  throw new CniError(Code.missingInterface, conflict?.message ?? "this node has no NIC in the network");
}

async function listNetworks(pool: PoolEntry): Promise<Network[]> {
  const { nics } = await look(pool);
  const networks = nics.map(({ index, network }): Network => ({ index, network, nic: undefined }));
  return [...new Map(networks.map((one) => [one.index, one])).values()].sort((a, b) => a.index - b.index);
}

function isGood({ judgement, fault, rows }: Table): boolean {
  return judgement.desired !== undefined && fault === undefined && rows.every((row) => row.fault === undefined);
}

function showTable(table: Table): Line[] {
  const { judgement, rows, fault } = table;
  const { path, pool, problems } = judgement;
  const said = fault ?? (pool?.ipam.kind === "blocks" ? describePlan(pool.ipam.plan) : "not valid");
  const head = ["  network", "NIC's block", "node", "node's block", "addresses", ...(rows[0]?.nic ? ["NIC"] : [])];
  return [
    line(0, `${path}: ${said}`, isGood(table) ? "green" : "red"),
    ...showProblems(problems, []),
    ...(rows.length === 0 ? [] : layOut([{ cells: head }, ...rows.map(describeRow)])),
  ];
}

function describePlan({ blocks }: AddressPlan): string {
  const { subnet, interfaceBlock, hostBlock } = blocks;
  const first = findVlanCIDR(blocks, 0);
  const length = subnet.prefixLength + interfaceBlock + hostBlock;
  const each =
    "fault" in first ? "" : `, of /${first.prefixLength} for a NIC's network and /${length} for a node in it`;
  return `blocks of ${writeSubnet(subnet)}${each}; up to ${2 ** interfaceBlock} networks, ${2 ** hostBlock} nodes`;
}

function describeRow({ index, network, nic, host, blocks, ranges, fault }: Row) {
  const own = `  ${network ? writeSubnet(network) : `number ${index}`}`;
  if (blocks === undefined) return { cells: [own, fault ?? ""], colour: "red" as const };
  const given = ranges.map(({ first, last }) => `${write(first)} to ${write(last)}`).join(", ");
  const cells = [own, writeSubnet(blocks.vlanCIDR), String(host), writeSubnet(blocks.podCIDR)];
  return { cells: [...cells, `${countAddresses(ranges)}: ${given}`, ...(nic ? [nic] : [])] };
}

function write(value: bigint): string {
  return writeAddress({ family: "4", value });
}

function listTable(table: Table): unknown {
  const { judgement, rows, fault } = table;
  return {
    path: judgement.path,
    valid: judgement.desired !== undefined,
    problems: judgement.problems,
    fault: fault ?? null,
    blocks: rows.map((row) => ({
      index: row.index,
      network: row.network ? writeSubnet(row.network) : null,
      nic: row.nic ?? null,
      host: row.blocks ? row.host : null,
      vlanCIDR: row.blocks ? writeSubnet(row.blocks.vlanCIDR) : null,
      podCIDR: row.blocks ? writeSubnet(row.blocks.podCIDR) : null,
      ranges: row.ranges.map(({ first, last }) => ({ first: write(first), last: write(last) })),
      addresses: countAddresses(row.ranges),
      fault: row.fault ?? null,
    })),
  };
}

function listFindings({ problems, warnings }: Entries) {
  return { problems, warnings };
}
