/** Traffic between two Pods, by `echo.ts`. */
import type { Namespace } from "./harness.ts";

const script = `${import.meta.dir}/echo.ts`;

/** What came of asking. */
export interface Traffic {
  sent: number;
  answered: number;
  /** In ms. */
  longestGap: number;
}

/** Starts a server in a Pod that sends back what comes to an address, and waits until it is ready. */
export async function serve(pod: Namespace, address: string): Promise<void> {
  const server = Bun.spawn(["ip", "netns", "exec", pod.name, process.execPath, script, "serve", address], {
    stdout: "pipe",
  });
  // It ends with its namespace.
  server.unref();
  for await (const chunk of server.stdout) if (new TextDecoder().decode(chunk).includes("ready")) break;
}

/** Asks it for so many seconds. */
export async function ask(pod: Namespace, address: string, seconds: number): Promise<Traffic> {
  const { stdout, stderr } = await pod.run([process.execPath, script, "ask", address, String(seconds)]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}
