/** What the tests of links in Pods share: an entry's call, what is in a Pod, IPAM plugins that fail or record. */
import { expect } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { lookAround } from "../adding.ts";
import { type Answer, type Environment, ifacer, type Namespace } from "../harness.ts";
import { lookSettled } from "../node.ts";

/** Where the plugins are that speak all versions of the protocol. */
export const plugins = `${import.meta.dir}/../../../.cache/plugins`;

const base = { cniVersion: "1.0.0", name: "net", type: "ifacer", linkInContainer: true };

/** The namespace of the node and that of the Pod. */
export interface Place {
  readonly node: Namespace;
  readonly pod: Namespace;
}

/** Calls a verb with an entry that is given without what every one has, for the Pod's `eth0`. */
export function call({ node, pod }: Place, verb: string, entry: object, env: Environment = {}): Promise<Answer> {
  return ifacer(node, verb, { ...base, ...entry }, { env: environmentOf(pod, env) });
}

export function environmentOf(pod: Namespace, env: Environment = {}): Environment {
  return { CNI_NETNS: pod.path, CNI_IFNAME: "eth0", CNI_PATH: plugins, ...env };
}

/** Runs ADD, which has to succeed without a word to the journal, and returns its result. */
export async function add(place: Place, entry: object, env: Environment = {}): Promise<Answer["json"]> {
  const { status, stdout, stderr, json } = await call(place, "ADD", entry, env);
  expect([status, status === 0 ? "" : stdout, stderr]).toEqual([0, "", ""]);
  return json;
}

/** Runs a verb other than ADD, which has to succeed and to be silent. */
export async function succeed(place: Place, verb: string, entry: object, env: Environment = {}): Promise<void> {
  const { status, stdout, stderr } = await call(place, verb, entry, env);
  expect([verb, status, stdout, stderr]).toEqual([verb, 0, "", ""]);
}

/** Runs ADD, which has to fail and to leave the Pod and the node as they were, and returns the error's words. */
export async function refuse(place: Place, entry: object, code: number, env: Environment = {}): Promise<string> {
  const before = await lookAtBoth(place);
  const { status, stderr, json } = await call(place, "ADD", entry, env);
  expect([json?.code, json?.msg, status, stderr]).toEqual([code, json?.msg, 1, ""]);
  expect(await lookAtBoth(place)).toEqual(before);
  return [json.msg, json.details ?? ""].join("\n");
}

/** All links, addresses and routes of node and Pod, once nothing moves any more. */
export async function lookAtBoth({ node, pod }: Place): Promise<readonly string[]> {
  return Promise.all([node, pod].map((ns) => lookSettled(ns, () => lookAround(ns))));
}

/** The links of a Pod but the loopback device: name, flag, VLAN id or kind, what they stand on. */
export async function tell(pod: Namespace): Promise<string[]> {
  const links = await pod.json("-d link show");
  return links
    .filter(({ ifname }) => ifname !== "lo")
    .map(({ ifname, flags, link, linkinfo, master }) => {
      const kind = linkinfo?.info_kind ?? "nic";
      const what = kind === "vlan" ? `vlan ${linkinfo.info_data.id}` : kind;
      const below = link === undefined ? "" : ` on ${link}`;
      return `${ifname} ${flags.includes("UP") ? "up" : "down"} ${what}${below}${master ? ` in ${master}` : ""}`;
    })
    .sort();
}

/** Addresses of a link, but link-local ones; with what is not right about them. */
export async function addresses(pod: Namespace, link: string): Promise<string[]> {
  const [found] = await pod.json(`address show dev ${link}`);
  return found.addr_info
    .filter(({ scope }: { scope: string }) => scope !== "link")
    .map(
      ({ local, prefixlen, tentative, dadfailed }: Record<string, unknown>) =>
        `${local}/${prefixlen}${tentative ? " tentative" : ""}${dadfailed ? " dadfailed" : ""}`,
    );
}

/** `static`'s part of an entry. */
export function staticIpam(...given: readonly string[]) {
  return { type: "static", addresses: given.map((address) => ({ address })) };
}

/**
 * A folder with an IPAM plugin `fake` that writes its environment and its standard input to `$RECORD/VERB.env` and `.json`,
 * does `$DO_VERB`, prints `$SAY_VERB` and ends with `$END_VERB`; all others are in `plugins`.
 */
const script = `#!/bin/bash
env >$RECORD/$CNI_COMMAND.env
cat >$RECORD/$CNI_COMMAND.json
echo $CNI_COMMAND $CNI_IFNAME >>$RECORD/calls
say=SAY_$CNI_COMMAND end=END_$CNI_COMMAND do=DO_$CNI_COMMAND
eval "\${!do}"
printf %s "\${!say}"
[ -z "$NOTE" ] || echo "$NOTE" >&2
[[ \${!end} == kill ]] && kill -9 $$
exit \${!end:-0}
`;

/** What the fake was told; see `fakeIpam`. */
export interface FakeIpam extends Disposable {
  readonly folder: string;
  /** For `call`: CNI_PATH, and where it records. */
  readonly env: Environment;
  /** Verbs and names of interfaces, in order; forgets them. */
  takeCalls(): string[];
  // biome-ignore lint/suspicious/noExplicitAny: the config that the test gave
  configOf(verb: string): any;
  environmentOf(verb: string): Record<string, string>;
}

export function fakeIpam(): FakeIpam {
  const folder = mkdtempSync("/tmp/ifacer-ipam-");
  writeFileSync(`${folder}/fake`, script);
  chmodSync(`${folder}/fake`, 0o755);
  const read = (file: string) => (existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8") : "");
  return {
    folder,
    env: { RECORD: folder, CNI_PATH: `${folder}:${plugins}` },
    takeCalls: () => {
      const calls = read("calls").split("\n").filter(Boolean);
      rmSync(`${folder}/calls`, { force: true });
      return calls;
    },
    configOf: (verb) => JSON.parse(read(`${verb}.json`)),
    environmentOf: (verb) =>
      Object.fromEntries(
        read(`${verb}.env`)
          .split("\n")
          .map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]),
      ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** A folder for the store of host-local; `list`: the addresses that are given away. */
export function hostLocalStore(): { folder: string; list(): string[] } & Disposable {
  const folder = mkdtempSync("/tmp/ifacer-store-");
  return {
    folder,
    list: () => {
      const network = `${folder}/net`;
      if (!existsSync(network)) return [];
      const given = readdirSync(network).filter((name) => /^[0-9a-f]+[.:]/.test(name));
      // Where host-local itself was killed over it, a file has no owner.
      return given.filter((name) => readFileSync(`${network}/${name}`, "utf8") !== "");
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** `host-local`'s part of an entry. */
export function hostLocalIpam(dataDir: string, subnet = "192.0.2.0/24") {
  return { type: "host-local", dataDir, ranges: [[{ subnet }]] };
}

/** A process in the Pod, by which runtimes name its namespace. */
export async function startIn(pod: Namespace): Promise<{ pid: number; netns: string } & AsyncDisposable> {
  const child = Bun.spawn(["ip", "netns", "exec", pod.name, "sleep", "600"]);
  const netns = `/proc/${child.pid}/ns/net`;
  for (let same = false; !same; await Bun.sleep(50)) {
    const [there, wanted] = await Promise.all([netns, pod.path].map((path) => Bun.file(path).stat()));
    same = there?.ino === wanted?.ino;
  }
  return {
    pid: child.pid,
    netns,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
