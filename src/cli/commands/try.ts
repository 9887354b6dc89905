import { isatty } from "node:tty";
import { CniError, Code } from "../../error.ts";
import { type Outliving, startOutliving } from "../../host/outliving.ts";
import { writeAll } from "../../host/stdioSync.ts";
import { confirmTrial } from "../../host/trialFile.ts";
import type { File } from "../read/files.ts";
import { render, type Screen } from "../show/screen.ts";
import { type Extent, type Step, showSteps } from "./carry.ts";
import { type Answer, readAnswer, writeJob } from "./trial.ts";

interface Trying {
  readonly extent: Extent;
  readonly seconds: number;
  /** Nobody is asked; who confirms it does so by `--confirm`. */
  readonly yes: boolean;
  readonly screen: Screen;
}

export interface Tried {
  readonly done: readonly Step[];
  readonly said: string;
  readonly status: 0 | 1;
}

/**
 * Has the configs applied by a process that outlives this one, and on a terminal waits for a `yes`.
 *
 * Throws code 5 where that process can't be started, or ended before it said anything.
 */
export async function tryOut(files: readonly File[], { extent, seconds, yes, screen }: Trying): Promise<Tried> {
  const keeper = startOutliving(["apply", "--keeper"], writeJob({ files, extent, seconds }));
  const first = await hear(keeper);
  if (first.type === "failed") return { done: first.done, said: "not all could be done", status: 1 };
  if (first.type !== "waiting") throw new Error(`the keeper began with ${first.type}`);
  const { done } = first;
  if (yes) {
    const said = `it is taken back in ${seconds} s, unless 'ifacer apply --confirm' is run`;
    return { done, said, status: 0 };
  }
  writeAll(2, render(showSteps(done), screen));
  writeAll(
    2,
    `Keep this? It is taken back in ${seconds} s, unless 'yes' is typed here or 'ifacer apply --confirm' is run: `,
  );
  const end = hear(keeper);
  const typed = await Promise.race([readTyped(), end.then(() => undefined)]);
  if (typed === undefined) writeAll(2, "\n");
  else if (typed.trim().toLowerCase() === "yes") confirmTrial();
  // A terminal that is gone has answered nothing: who is back in time can still confirm.
  else if (isatty(0)) keeper.stop();
  return conclude(await end);
}

function conclude(last: Answer): Tried {
  if (last.type === "kept") return { done: [], said: "it stays", status: 0 };
  return { done: last.done, said: "it was not confirmed and is taken back", status: 1 };
}

async function hear(keeper: Outliving): Promise<Answer> {
  const line = await keeper.hear();
  const answer = line === undefined ? undefined : readAnswer(line);
  if (answer !== undefined) return answer;
  const { message, details } = await keeper.explain();
  throw new CniError(Code.io, message, { details });
}

/** A line of the terminal's, once there is one or no more will come. */
async function readTyped(): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of Bun.stdin.stream()) {
    text += decoder.decode(piece, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  return text;
}
