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
  /** Takes what is shown; without it, standard output does. */
  readonly write?: (text: string) => void;
}

const toStdout = (text: string): void => writeAll(1, text);

/** Shows a table while it fills: on a terminal as a whole, each row in its place, else line by line as rows are done. */
export function startTable(
  header: Row,
  rows: readonly Row[],
  { screen, quiet, widths = [], write = toStdout }: Showing,
): LiveTable {
  if (quiet) return { set: () => {} };
  const current = [...rows];
  const wide = measure([header, ...rows], widths);
  const show = (lines: readonly Line[]) => write(render(lines, screen));
  // What is higher than the terminal can't be gone over again.
  if (screen.height === undefined || rows.length + 2 > screen.height) {
    show(layOut([header], wide));
    return {
      set(_, row, { done }) {
        if (done) show(layOut([row], wide));
      },
    };
  }
  const open = new Set(rows.keys());
  let height = 0;
  const draw = () => {
    const lines = layOut([header, ...current], wide);
    // Once it is whole nothing is cut off: a terminal may be narrower than the table.
    const shown = open.size === 0 ? lines : lines.map((line) => cut(line, screen.width));
    // Up to the header, and all of it anew.
    write(height === 0 ? "" : `\x1b[${height}A\x1b[J`);
    show(shown);
    height = shown.reduce((sum, { text }) => sum + countLines(text, screen.width), 0);
  };
  draw();
  return {
    set(index, row, { done }) {
      current[index] = row;
      if (done) open.delete(index);
      draw();
    },
  };
}

/** What the terminal would break into two lines would hide rows while the table fills. */
function cut(line: Line, width: number): Line {
  return Bun.stringWidth(line.text) < width ? line : { ...line, text: line.text.slice(0, width - 1) };
}

/** How many lines of the terminal a text takes. */
function countLines(text: string, width: number): number {
  return Math.max(1, Math.ceil(Bun.stringWidth(text) / width));
}
