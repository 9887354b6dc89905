import { existsSync } from "node:fs";
import { findProgram } from "./programs.ts";

/** A process of this executable's that outlives this process, its terminal and its session. */
export interface Outliving {
  /** The next line of its standard output; `undefined`: it ended. */
  hear(): Promise<string | undefined>;
  /** Asks it to come to its end: SIGTERM. */
  stop(): void;
  /** Why it ended without a word. */
  explain(): Promise<{ readonly message: string; readonly details: string }>;
}

/**
 * Starts this executable with `words` and `stdin` in a session of its own (setsid(2)), so that the terminal's end is none of its
 * business, and where systemd runs in a scope of its own (systemd-run(1)): with KillUserProcesses (logind.conf(5)) systemd ends all that
 * is in a login's scope. A scope's process is this one's child all the same.
 */
export function startOutliving(words: readonly string[], stdin: string): Outliving {
  const systemdRun = existsSync("/run/systemd/system") ? findProgram("systemd-run") : undefined;
  const scope = [
    "--scope",
    "--quiet",
    "--collect",
    "--slice=system.slice",
    "--description=ifacer, to take back a trial",
  ];
  const around = systemdRun === undefined ? [] : [systemdRun, ...scope, "--"];
  const child = Bun.spawn([...around, process.execPath, ...words], {
    detached: true,
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const errors = child.stderr.text();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let unread = "";
  return {
    async hear() {
      for (;;) {
        const end = unread.indexOf("\n");
        if (end >= 0) {
          const line = unread.slice(0, end);
          unread = unread.slice(end + 1);
          return line;
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        unread += decoder.decode(value, { stream: true });
      }
    },
    stop: () => child.kill("SIGTERM"),
    async explain() {
      const details = (await errors).trim();
      const status = await child.exited;
      return { message: `the process that does it ended before it was done, its exit status is ${status}`, details };
    },
  };
}
