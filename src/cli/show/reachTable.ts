import type { Row as Reached, Tested } from "../../reach/test.ts";
import { type Line, line } from "./screen.ts";
import type { Row } from "./table.ts";

export const header: Row = { cells: ["FROM", "TO", "CONNECTED/TOTAL IPs", "BANDWIDTHs"], colour: "bold" };

/** A line of the table. `counts`: how long the count of addresses and their list are at the longest. */
export function toRow(row: Reached): Row {
  const { from, to, addresses, reason } = row;
  const connected = addresses.filter(({ connected }) => connected).length;
  const list = addresses.map(({ address }) => address).join(" ");
  const words = [...addresses.map(showTested), ...(reason === null ? [] : [reason])];
  return {
    cells: [from, to, showCount(connected, addresses.length, list), `[${words.join("  ")}]`],
    colour: mark(row) === "+" ? "green" : "red",
  };
}

/** The line of a peer that is still to be tested. */
export function toPendingRow(from: string, to: string, addresses: readonly string[]): Row {
  const list = addresses.join(" ");
  return { cells: [from, to, showCount("-", addresses.length, list), ""], colour: "dim" };
}

function showCount(connected: number | "-", total: number, list: string): string {
  return `${`${connected}/${total}`.padEnd(5)} [${list}]`;
}

function showTested({ connected, bitsPerSecond, reason }: Tested): string {
  if (!connected) return reason ?? "not connected";
  return bitsPerSecond === null ? "connected" : showBandwidth(bitsPerSecond);
}

/** As iperf prints it, in powers of ten. */
export function showBandwidth(bitsPerSecond: number): string {
  for (const [unit, size] of [
    ["Gbit/s", 1e9],
    ["Mbit/s", 1e6],
  ] as const) {
    if (bitsPerSecond >= size) return `${(bitsPerSecond / size).toFixed(2)} ${unit}`;
  }
  return `${(bitsPerSecond / 1e3).toFixed(2)} kbit/s`;
}

/** How many addresses were reached of how many. */
export function countUp(rows: readonly Reached[]): { readonly connected: number; readonly total: number } {
  const all = rows.flatMap(({ addresses }) => addresses);
  return { connected: all.filter(({ connected }) => connected).length, total: all.length };
}

/** Who reaches whom, as a grid: a letter for all, some or none of the addresses. */
export function drawGrid(rows: readonly Reached[]): Line[] {
  const names = [...new Set(rows.flatMap(({ from, to }) => [from, to]))];
  const width = Math.max(...names.map((name) => name.length));
  const byPair = new Map(rows.map((row) => [JSON.stringify([row.from, row.to]), row]));
  const number = (index: number) => String(index + 1).padStart(3);
  return [
    line(0, `${" ".repeat(width + 4)}${names.map((_, index) => number(index)).join("")}`),
    ...names.map((from, index) => {
      const marks = names.map((to) => mark(byPair.get(JSON.stringify([from, to]))));
      const good = marks.every((one) => one === "+" || one === " ");
      return {
        lead: "",
        hang: undefined,
        text: `${from.padEnd(width)} ${number(index)}${marks.map((one) => `  ${one}`).join("")}`,
        colour: good ? ("green" as const) : ("red" as const),
      };
    }),
    line(0, "+ all addresses are connected, ~ some, - none"),
  ];
}

function mark(row: Reached | undefined): string {
  if (row === undefined) return " ";
  const connected = row.addresses.filter(({ connected }) => connected).length;
  if (connected === row.addresses.length && row.reason === null) return "+";
  return connected === 0 ? "-" : "~";
}

/** The table as a Mermaid diagram: an arrow from who asked to who answered, broken where not all is connected. */
export function drawReachMermaid(rows: readonly Reached[]): string {
  const names = [...new Set(rows.flatMap(({ from, to }) => [from, to]))];
  const numbers = new Map(names.map((name, index) => [name, index]));
  const id = (name: string) => `n${numbers.get(name)}`;
  const label = (name: string) => name.replace(/[^\w.:/@ -]/g, "?");
  const links = rows.map((row) => {
    const { connected, total } = countUp([row]);
    return mark(row) === "+"
      ? `  ${id(row.from)} -->|"${connected}/${total}"| ${id(row.to)}`
      : `  ${id(row.from)} -.->|"${connected}/${total}"| ${id(row.to)}`;
  });
  const broken = rows.flatMap((row, index) => (mark(row) === "+" ? [] : [index]));
  return `${[
    "flowchart LR",
    ...names.map((name) => `  ${id(name)}["${label(name)}"]`),
    ...links,
    ...(broken.length > 0 ? [`  linkStyle ${broken.join(",")} stroke:red`] : []),
  ].join("\n")}\n`;
}
