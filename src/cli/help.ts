import type { Option } from "./arguments.ts";
import { type Command, commands, help } from "./commands.ts";
import { type Line, line, render } from "./show/screen.ts";

const screen = { width: 80, colours: false };

const rule = "Exit status: 0 good, 1 the answer is no, 2 wrong usage.";

/** What `ifacer --help` prints; no line is longer than 80 columns. */
export function describeAll(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return render(
    [
      line(0, "ifacer: CNI plugin that makes bonds and VLANs for macvlan and ipvlan"),
      line(0, ""),
      line(0, "Usage: ifacer COMMAND [OPTION...]"),
      line(0, ""),
      ...commands.map(({ name, summary }) => entry(name.padEnd(width), summary)),
      line(0, ""),
      line(
        0,
        "'ifacer help COMMAND' tells more. A container runtime calls ifacer with CNI_COMMAND set and a config on standard input.",
      ),
      line(0, rule),
    ],
    screen,
  );
}

/** What `ifacer COMMAND --help` prints. */
export function describeCommand({ name, text, options, no, examples }: Command): string {
  const all = [...options, help];
  const width = Math.max(...all.map((option) => spell(option).length));
  return render(
    [
      line(0, `Usage: ifacer ${name}${options.length > 0 ? " [OPTION...]" : ""}`),
      ...text.flatMap((paragraph) => [line(0, ""), { lead: "", hang: "", text: paragraph }]),
      line(0, ""),
      ...all.map((option) => entry(spell(option).padEnd(width), option.doc)),
      line(0, ""),
      line(0, rule),
      ...(no === undefined ? [] : [line(0, `1 here: ${no}.`)]),
      line(0, ""),
      ...examples.map((example) => line(1, example)),
    ],
    screen,
  );
}

function entry(name: string, text: string): Line {
  return { lead: `  ${name}  `, hang: " ".repeat(name.length + 4), text };
}

function spell({ long, short, value }: Option): string {
  return `${short ? `${short}, ` : "    "}${long}${value ? ` ${value}` : ""}`;
}
