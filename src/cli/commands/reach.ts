import { hostname } from "node:os";
import { writeAll } from "../../host/stdioSync.ts";
import { reachFrom } from "../../reach/connect.ts";
import { findInterface, listNetworks } from "../../reach/interfaces.ts";
import type { Peer } from "../../reach/peers.ts";
import { defaultPort, longestMatrixTest, longestTest, patience } from "../../reach/protocol.ts";
import { findSelf, inParallel, leave, matchRow, type Row, readRow, testPeer } from "../../reach/test.ts";
import { canonicalAddress } from "../../wire/address.ts";
import { type Options, UsageError } from "../arguments.ts";
import { readPeerFile } from "../read/peers.ts";
import { readNumber } from "../read/values.ts";
import { startTable } from "../show/live.ts";
import { countUp, drawGrid, drawReachMermaid, header, toPendingRow, toRow } from "../show/reachTable.ts";
import { type Report, versioned } from "../show/report.ts";
import { line, type Screen } from "../show/screen.ts";
import { listenForever } from "./reachListen.ts";

/** From how many peers on the whole table is a grid on a terminal. */
const manyPeers = 8;

/** `ifacer reach`: answers others, or tests who is reached. */
export async function reachPeers(options: Options, screen: Screen): Promise<Report> {
  const port = readNumber(options, "--port", { from: 1, to: 65535, otherwise: defaultPort, whole: true });
  const [to, peersFile] = [options.value("--to"), options.value("--peers")];
  if (options.has("--listen") === (to !== undefined)) {
    throw new UsageError("say --listen to answer others, or --to to connect to them");
  }
  if (to === undefined) {
    refuse(options, ["--matrix", "--seconds", "--parallel", "--mermaid"], "is for --to, not for --listen");
    const addresses = options.values("--listen");
    for (const address of addresses) {
      if (canonicalAddress(address) === undefined)
        throw new UsageError(`--listen ${JSON.stringify(address)} is no address`);
    }
    return listenForever({ addresses, port, peers: peersFile === undefined ? undefined : readPeerFile(peersFile) });
  }
  refuse(options, ["--peers"], "is for --listen: --to names the peers here");
  if (options.value("--output") === "json") refuse(options, ["--mermaid"], "is another form than --output json");
  // A listener takes no more of them.
  if (/\.\d{4}/.test(options.value("--seconds") ?? "")) {
    throw new UsageError(`--seconds is ${JSON.stringify(options.value("--seconds"))}, allowed are three decimals`);
  }
  const matrix = options.has("--matrix");
  const asked = {
    port,
    seconds: readNumber(options, "--seconds", { from: 0, to: matrix ? longestMatrixTest : longestTest, otherwise: 2 }),
    parallel: readNumber(options, "--parallel", { from: 1, to: 64, otherwise: 1, whole: true }),
    screen,
    quiet: options.value("--output") === "json" || options.has("--mermaid"),
  };
  const test = { ...asked, peers: readPeerFile(to) };
  const rows = await (matrix ? testAll(test) : testFromHere(test));
  return report(rows, {
    mermaid: options.has("--mermaid"),
    grid: matrix && screen.colours && test.peers.length > manyPeers,
  });
}

/** Throws a UsageError where one of the options is given: what it asks for would not be done. */
function refuse(options: Options, longs: readonly string[], why: string): void {
  const given = longs.find((long) => options.has(long));
  if (given !== undefined) throw new UsageError(`${given} ${why}`);
}

interface Test {
  readonly peers: readonly Peer[];
  readonly port: number;
  readonly seconds: number;
  readonly parallel: number;
  readonly screen: Screen;
  readonly quiet: boolean;
}

async function testFromHere({ peers, port, seconds, parallel, screen, quiet }: Test): Promise<Row[]> {
  const networks = listNetworks();
  const self = findSelf(peers, networks, hostname());
  const from = self?.name ?? hostname();
  const others = peers.filter((peer) => peer !== self);
  announce(others, { seconds, times: 1, parallel });
  const table = startTable(
    header,
    others.map(({ name, addresses }) => toPendingRow(from, name, addresses)),
    { screen, quiet },
  );
  const rows: Row[] = [];
  await inParallel(others, parallel, async (peer, index) => {
    const row = await testPeer(peer, { from, port, seconds, networks });
    rows[index] = row;
    table.set(index, toRow(row), { done: true });
  });
  return rows;
}

/** Has each peer test all others. A peer that can't be asked reaches nobody, as far as is known. */
async function testAll({ peers, port, seconds, parallel, screen, quiet }: Test): Promise<Row[]> {
  announce(peers, { seconds, times: peers.length - 1, parallel });
  const pairs = peers.flatMap((from) => peers.filter((to) => to !== from).map((to) => ({ from, to })));
  const indexes = new Map(pairs.map(({ from, to }, index) => [nameTest(from.name, to.name), index]));
  const table = startTable(
    header,
    pairs.map(({ from, to }) => toPendingRow(from.name, to.name, to.addresses)),
    { screen, quiet },
  );
  const rows: Row[] = [];
  const settle = (row: Row | undefined): void => {
    const index = row && indexes.get(nameTest(row.from, row.to));
    const pair = index === undefined ? undefined : pairs[index];
    if (row === undefined || index === undefined || pair === undefined) return;
    rows[index] = matchRow(row, pair.to);
    table.set(index, toRow(rows[index]), { done: true });
  };
  const networks = listNetworks();
  // A listener tells of each peer as soon as it has tested that one.
  const most = Math.max(0, ...peers.map(({ addresses }) => addresses.length));
  const longest = most * (seconds + 2 * patience) + patience;
  const count = peers.reduce((sum, { addresses }) => sum + addresses.length, 0);
  const whole = count * (seconds + 2 * patience) + patience;
  await inParallel(peers, parallel, async (peer, at) => {
    const address = peer.addresses.find((one) => findInterface(one, networks) !== undefined);
    const reason =
      address === undefined
        ? (peer.reason ?? "no route from here")
        : await reachFrom(
            { address, port },
            { seconds, longest, whole, onPeer: (json) => settle(readRow(json, peer.name)) },
          );
    // Its pairs stand together.
    const first = at * (peers.length - 1);
    for (const [offset, { from, to }] of pairs.slice(first, first + peers.length - 1).entries()) {
      if (rows[first + offset] !== undefined) continue;
      const words = reason === undefined ? "not in its list" : `not asked: ${reason}`;
      const addresses = to.addresses.map((one) => leave(one, words));
      settle({ from: from.name, to: to.name, addresses, reason: to.reason });
    }
  });
  return rows;
}

/** A pair of peers, as the key of a map. */
function nameTest(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

/** It loads the network on purpose, which who watches over it should know before. */
function announce(
  peers: readonly Peer[],
  { seconds, times, parallel }: { seconds: number; times: number; parallel: number },
): void {
  if (seconds === 0 || peers.length === 0) return;
  const tests = peers.reduce((sum, { addresses }) => sum + addresses.length, 0) * times;
  const whole = Math.ceil((tests * seconds) / Math.min(parallel, peers.length));
  writeAll(
    2,
    `ifacer: this sends as much as the network takes for ${seconds} s to an address, ${tests} times, ` +
      `${Math.min(parallel, peers.length)} at once: about ${whole} s; --seconds 0 only connects\n`,
  );
}

function report(rows: readonly Row[], { mermaid, grid }: { mermaid: boolean; grid: boolean }): Report {
  const { connected, total } = countUp(rows);
  const good = total > 0 && connected === total && rows.every(({ reason }) => reason === null);
  const untested = rows.filter(({ reason }) => reason !== null).length;
  const sum =
    rows.length === 0
      ? "nothing was tested: the list has no peer but this one"
      : `${connected} of ${total} addresses are connected${untested > 0 ? `; ${untested} rows lack addresses` : ""}`;
  return {
    status: good ? 0 : 1,
    text: mermaid ? drawReachMermaid(rows) : [...(grid ? drawGrid(rows) : []), line(0, sum, good ? "green" : "red")],
    json: versioned({ good, connected, total, rows }),
  };
}
