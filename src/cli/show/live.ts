import { isatty } from "node:tty";
import { writeAll } from "../../host/stdioSync.ts";
import { type Line, render, type Screen } from "./screen.ts";
import { layOut, measure, type Row } from "./table.ts";

/** A table that is shown while its rows come. */
export interface LiveTable {
  /** Puts what a row says now in its place. `done`: it does not change any more. */
  set(index: number, row: Row, state: { readonly done: boolean }): void;
}

interface Showing {
  readonly screen: Screen;
  /** Nothing is shown. */
  readonly quiet: boolean;
  /** The least width of each column. */
  readonly widths?: readonly number[];
}

/** Shows a table while it fills: on a terminal as a whole, each row in its place, else line by line as rows are done. */
export function startTable(header: Row, rows: readonly Row[], { screen, quiet, widths = [] }: Showing): LiveTable {
  if (quiet) return { set: () => {} };
  const current = [...rows];
  const wide = measure([header, ...rows], widths);
  const write = (lines: readonly Line[]) => writeAll(1, render(lines, screen));
  // What is higher than the terminal can't be gone over again.
  if (!isatty(1) || rows.length + 2 > (process.stdout.rows || 24)) {
    write(layOut([header], wide));
    return {
      set(_, row, { done }) {
        if (done) write(layOut([row], wide));
      },
    };
  }
  const draw = () => write(layOut([header, ...current], wide).map((line) => cut(line, screen.width)));
  draw();
  return {
    set(index, row) {
      current[index] = row;
      // Up to the header, and all of it anew.
      writeAll(1, `\x1b[${current.length + 1}A\x1b[J`);
      draw();
    },
  };
}

/** What the terminal would break into two lines would spoil the count of them. */
function cut(line: Line, width: number): Line {
  return Bun.stringWidth(line.text) < width ? line : { ...line, text: line.text.slice(0, width - 1) };
}
