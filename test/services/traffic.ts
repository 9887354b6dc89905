import type { Namespace } from "../kernel/harness.ts";

const script = `${import.meta.dir}/../kernel/echo.ts`;

export interface Traffic {
  readonly sent: number;
  readonly answered: number;
  /** In ms. */
  readonly longestGap: number;
}

/** Datagrams from the Pod, one every 20 ms, to 192.0.2.2 at the other end of the wire and back, while `work` is done. */
export async function trafficDuring(pod: Namespace, wire: Namespace, work: () => Promise<void>): Promise<Traffic> {
  await using server = await talk(wire, "serve");
  await using client = await talk(pod, "ask");
  await work();
  server.check();
  return JSON.parse(await client.end());
}

/** Starts one end, and returns when it says `ready`. */
async function talk(ns: Namespace, task: string) {
  const child = Bun.spawn(["ip", "netns", "exec", ns.name, process.execPath, script, task, "192.0.2.2"], {
    stdin: "ignore",
    stdout: "pipe",
  });
  const words = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await words.read();
  if (value !== "ready\n") throw new Error(`${task}: ${value ?? "ended"}`);
  return {
    check: () => {
      if (child.exitCode !== null) throw new Error(`${task} ended by itself`);
    },
    /** Has it end, and returns what it said since. */
    end: async () => {
      child.kill("SIGTERM");
      return (await words.read()).value ?? "";
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
