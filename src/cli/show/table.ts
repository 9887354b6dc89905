import type { Colour, Line } from "./screen.ts";

/** A row of a table: its cells, and how it is coloured. */
export interface Row {
  readonly cells: readonly string[];
  readonly colour?: Colour | undefined;
}

/** Rows as lines whose columns stand below each other; they are never wrapped. `widths`: the least of each column. */
export function layOut(rows: readonly Row[], widths: readonly number[] = []): Line[] {
  const wide = measure(rows, widths);
  return rows.map(({ cells, colour }) => {
    const padded = cells.map((cell, column) => cell + " ".repeat((wide[column] ?? 0) - Bun.stringWidth(cell)));
    return { lead: "", hang: undefined, text: padded.join("  ").trimEnd(), colour };
  });
}

/** The width of each column. `widths`: the least of each. */
export function measure(rows: readonly Row[], widths: readonly number[] = []): number[] {
  const columns = Math.max(0, ...rows.map(({ cells }) => cells.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(widths[column] ?? 0, ...rows.map(({ cells }) => Bun.stringWidth(cells[column] ?? ""))),
  );
}
