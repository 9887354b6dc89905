import { isatty } from "node:tty";
import { escapeUnseen } from "../../unseen.ts";

/** How text is laid out and coloured for whoever reads it. */
export interface Screen {
  /** Columns to wrap at; Infinity where a program reads along, whose lines must stay whole. */
  readonly width: number;
  readonly colours: boolean;
  /** Rows of a terminal whose lines can be written anew; `undefined`: of a file, a pipe, or a terminal that can't. */
  readonly height?: number | undefined;
}

export type Colour = "bold" | "dim" | "red" | "green" | "yellow";

/** One line of output before it is wrapped. */
export interface Line {
  /** What stands before the text: an indent, the branches of a tree. */
  readonly lead: string;
  /** What stands before the text's further lines where it has to be wrapped; `undefined`: it is never wrapped. */
  readonly hang: string | undefined;
  readonly text: string;
  readonly colour?: Colour | undefined;
}

/** The screen that standard output is: colours on a terminal only, and none where NO_COLOR is set or TERM is dumb. */
export function lookAtScreen(env: Readonly<Record<string, string | undefined>>): Screen {
  const terminal = isatty(1);
  const columns = Number(env["COLUMNS"]) || (terminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY);
  const obeys = terminal && env["TERM"] !== "dumb";
  return {
    width: Math.max(columns, 20),
    colours: obeys && !env["NO_COLOR"],
    height: obeys ? process.stdout.rows || 24 : undefined,
  };
}

/** An indented line, whose further lines are indented by two more. */
export function line(depth: number, text: string, colour?: Colour): Line {
  const lead = "  ".repeat(depth);
  return { lead, hang: `${lead}  `, text, colour };
}

/** A line to be copied: a command, a file name. It is never wrapped. */
export function command(depth: number, text: string): Line {
  return { lead: "  ".repeat(depth), hang: undefined, text, colour: "bold" };
}

/** The lines as text that ends with a line feed; control characters that a name may bring along are shown as escapes. */
export function render(lines: readonly Line[], screen: Screen): string {
  return lines.map((one) => `${renderLine(one, screen)}\n`).join("");
}

function renderLine({ lead, hang, text, colour }: Line, { width, colours }: Screen): string {
  const parts = hang === undefined ? [text] : wrap(text, { first: width - widthOf(lead), next: width - widthOf(hang) });
  return parts
    .map((part, index) => `${index === 0 ? lead : hang}${paint(part, colours ? colour : undefined)}`.trimEnd())
    .join("\n");
}

const codes: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

function paint(text: string, colour: Colour | undefined): string {
  const safe = escapeUnseen(text);
  if (colour === undefined || safe === "") return safe;
  const [on, off] = codes[colour];
  return `\x1b[${on}m${safe}\x1b[${off}m`;
}

/** Breaks at spaces. A word that is longer than the screen stays whole. */
function wrap(text: string, { first, next }: { first: number; next: number }): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current !== "" && widthOf(longer) > (lines.length === 0 ? first : next)) {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}

function widthOf(text: string): number {
  return Bun.stringWidth(text);
}
