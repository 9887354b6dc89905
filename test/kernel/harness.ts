/**
 * What the tests on a real kernel share: a network namespace of their own and the executable run inside it.
 *
 *     await using ns = await namespace();
 *     await ns.ip("link add name ens192 type dummy");
 *     const add = await ifacer(ns, "ADD", { cniVersion: "1.0.0", name: "net", interfaces: ["ens192"], vlanID: 100 });
 *
 * Names of links are free to choose: nothing outside the namespace, and no other test, sees them.
 */
import { existsSync } from "node:fs";

/** The executable under test. */
export const executable = `${import.meta.dir}/../../dist/ifacer`;

/** How a command ended: its exit status (128 + number if a signal ended it) and what it wrote. */
export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** Environment variables on top of the default ones; `undefined` takes one away. */
export type Environment = Record<string, string | undefined>;

interface RunOptions {
  /** On top of this process's environment. */
  env?: Environment;
  stdin?: string;
}

export interface Namespace extends AsyncDisposable {
  name: string;
  /** Where it can be opened: what a runtime would give as CNI_NETNS. */
  path: string;
  /** Runs one `ip` command, given as an operator types it, and returns its stdout. Throws its stderr if it fails. */
  ip(line: string): Promise<string>;
  /** Runs an `ip` command with JSON output, such as `-d link show dev bond0`, and returns what it lists. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of iproute2's answer depends on the command
  json(line: string): Promise<any[]>;
  /** Runs any command inside and returns how it ended. */
  run(argv: string[], options?: RunOptions): Promise<Ended>;
}

// A test may put a wrapper of its own on PATH, but not between the harness and the namespace.
const ip = Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` }) ?? "ip";
let made = 0;
// A process may run several files of tests, one after the other, and what was killed leaves its namespaces.
const run = 1000 + Math.floor(Math.random() * 9000);

/**
 * Makes a network namespace with nothing but a loopback in it. Disposing of it ends the processes left inside and
 * removes it with all its links.
 */
export async function namespace(): Promise<Namespace> {
  made += 1;
  const name = `ifacer-${process.pid}${run}-${made}`;
  await succeed([ip, "netns", "add", name]);
  return {
    name,
    path: `/run/netns/${name}`,
    ...commands([ip, "netns", "exec", name], [ip, "-n", name]),
    [Symbol.asyncDispose]: async () => {
      for (const pid of split(await succeed([ip, "netns", "pids", name]))) kill(Number(pid));
      await succeed([ip, "netns", "del", name]);
    },
  };
}

/**
 * The command that runs the executable on a node with this policy: in a mount namespace with an /etc of its own. What else a node
 * has there is not needed.
 */
export function commandUnder(policy: object): string[] {
  const script = `mount -t tmpfs tmpfs /etc && mkdir /etc/ifacer && echo '${JSON.stringify(policy)}' >/etc/ifacer/policy.json && exec "$0" "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, executable];
}

/** A policy for nodes whose NICs are ends of veths: in a network namespace nothing else has a cable. */
export const withCables = { interfaces: { slaveKinds: ["veth"] } };

/** The network namespace that this process is in, for machines that are there for the tests alone. Nothing is cleaned up. */
export function here(): Namespace {
  return { name: "", path: "/proc/self/ns/net", ...commands([], [ip]), [Symbol.asyncDispose]: async () => {} };
}

/** The commands of a namespace, given the words by which any command and `ip` are run inside of it. */
function commands(inside: readonly string[], ipInside: readonly string[]): Pick<Namespace, "run" | "ip" | "json"> {
  const runIp = (words: string[]) => succeed([...ipInside, ...words]);
  return {
    run: (argv, options) => runCommand([...inside, ...argv], options),
    ip: (line) => runIp(split(line)),
    // iproute2 writes control characters of names and aliases as they are.
    json: async (line) => JSON.parse((await runIp(["-j", ...split(line)])).replaceAll(/[^\P{Cc}\n]/gu, "?") || "[]"),
  };
}

/** The command before one that sees no other Pod than this: the Pods of tests beside this one are on the same machine. */
export function seeingOnly({ name }: Namespace): string[] {
  const script =
    'mount -t tmpfs none /mnt && touch "/mnt/$0" && mount --bind "/run/netns/$0" "/mnt/$0" && mount -t tmpfs none /run/netns && ' +
    'touch "/run/netns/$0" && mount --bind "/mnt/$0" "/run/netns/$0" && exec "$@"';
  return ["unshare", "--mount", "sh", "-c", script, name];
}

/** What a plugin answered; `json` is its stdout read as JSON, undefined if it wrote nothing. */
export interface Answer extends Ended {
  // biome-ignore lint/suspicious/noExplicitAny: a result or an error, as the test expects
  json: any;
}

/** Runs dist/ifacer as `callPlugin` does. */
export function ifacer(
  ns: Namespace,
  verb: string,
  config: object | string,
  { policy, ...options }: { env?: Environment; policy?: object } = {},
): Promise<Answer> {
  return callPlugin(ns, policy === undefined ? executable : commandUnder(policy), verb, config, options);
}

/**
 * Runs a CNI plugin as a runtime does, with the CNI variables set and the config (text is sent as it is) on stdin.
 * The Pod is `pod1` with `net1`, and its namespace one that is not there; `env` changes or takes away variables.
 */
export async function callPlugin(
  ns: Namespace,
  plugin: string | string[],
  verb: string,
  config: object | string,
  options: { env?: Environment } = {},
): Promise<Answer> {
  const argv = [plugin].flat();
  const path = argv.at(-1) ?? "";
  if (!existsSync(path)) throw new Error(`there is no ${path}: run 'make setup build' first`);
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: "pod1",
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "net1",
    CNI_PATH: "/usr/lib/cni",
    ...options.env,
  };
  const ended = await ns.run(argv, { env, stdin: typeof config === "string" ? config : JSON.stringify(config) });
  return { ...ended, json: readJson(ended.stdout) };
}

function readJson(stdout: string): unknown {
  if (stdout === "") return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`stdout is not one JSON document: ${stdout}`);
  }
}

/** Runs any command where this process is, and returns how it ended. */
export async function runCommand(argv: readonly string[], { env, stdin = "" }: RunOptions = {}): Promise<Ended> {
  const child = Bun.spawn([...argv], {
    env: { ...process.env, ...env },
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

/** `runCommand`, and returns what it wrote to stdout; throws its stderr if it fails. */
export async function succeed(argv: readonly string[], options?: RunOptions): Promise<string> {
  const { status, stdout, stderr } = await runCommand(argv, options);
  if (status !== 0) throw new Error(`${argv.join(" ")}: exit status ${status}: ${stderr.trim()}`);
  return stdout;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

function split(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}
