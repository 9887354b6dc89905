/** What the tests of one network over several NICs share: nodes on two wires, Pods, what is given and what is left. */
import { expect } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type Answer, type Environment, ifacer, type Namespace, namespace } from "../harness.ts";
import { plugins } from "../pod/pod.ts";

/** A node with a NIC on each of two wires, and the store of its host-local, which is the host's alone. */
export interface Node extends AsyncDisposable {
  readonly ns: Namespace;
  /** Its last octet in both wires' networks, and so its index. */
  readonly number: number;
  readonly store: string;
  /** Addresses that are given, with who has them: `192.168.0.65 pod1 net1-0`. */
  given(): string[];
}

/** Two switches, each a wire for one NIC of every node. */
export interface Wires extends AsyncDisposable {
  readonly hub: Namespace;
  /** A node whose NICs `ens1` and `ens2` have the addresses `10.0.1.NUMBER/29` and `10.0.2.NUMBER/29`. */
  node(number: number): Promise<Node>;
}

export async function wires(): Promise<Wires> {
  const hub = await namespace();
  for (const wire of [1, 2]) {
    await hub.ip(`link add name wire${wire} type bridge mcast_snooping 0`);
    await hub.ip(`link set dev wire${wire} up`);
  }
  return {
    hub,
    node: async (number) => {
      const ns = await namespace();
      const store = mkdtempSync("/tmp/ifacer-pool-");
      for (const wire of [1, 2]) {
        await hub.ip(`link add name n${number}w${wire} type veth peer name ens${wire} netns ${ns.name}`);
        await hub.ip(`link set dev n${number}w${wire} master wire${wire} up`);
        await ns.ip(`address add 10.0.${wire}.${number}/29 dev ens${wire}`);
        await ns.ip(`link set dev ens${wire} up`);
      }
      return {
        ns,
        number,
        store,
        given: () => listGiven(store),
        [Symbol.asyncDispose]: async () => {
          rmSync(store, { recursive: true });
          await ns[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

function listGiven(store: string): string[] {
  if (!existsSync(store)) return [];
  return readdirSync(store)
    .flatMap((network) =>
      readdirSync(`${store}/${network}`)
        .filter((name) => /^\d+\./.test(name))
        .map((name) => `${name} ${readFileSync(`${store}/${network}/${name}`, "utf8").trim().split(/\s+/).join(" ")}`),
    )
    .sort();
}

/** The entry of the specification for nodes of these wires, whose NICs are ends of veths and so are named. */
export function entryFor(node: Node, { mode = "l3", ...more }: { mode?: string } & Record<string, unknown> = {}) {
  const plugin = mode === "macvlan" ? { type: "macvlan", mode: "bridge" } : { type: "ipvlan", mode };
  return {
    cniVersion: "1.0.0",
    name: "multi",
    type: "ifacer",
    plugin,
    interfaces: ["ens1", "ens2"],
    masterNets: ["10.0.1.0/29", "10.0.2.0/29"],
    subnet: "192.168.0.0/16",
    multiNICIPAM: true,
    ipam: {
      type: "multi-nic-ipam",
      interfaceBlock: 2,
      hostBlock: 8,
      vlanMode: mode === "l3" || mode === "l3s" ? mode : "l2",
      dataDir: node.store,
    },
    ...more,
  };
}

/** A Pod on a node. */
export interface Pod {
  readonly node: Node;
  readonly ns: Namespace;
  readonly id: string;
}

export function call(pod: Pod, verb: string, config: object, env: Environment = {}): Promise<Answer> {
  const own = { CNI_CONTAINERID: pod.id, CNI_NETNS: pod.ns.path, CNI_IFNAME: "net1", CNI_PATH: plugins };
  return ifacer(pod.node.ns, verb, config, { env: { ...own, ...env } });
}

/** Runs ADD, which has to succeed, and returns its result. */
export async function add(pod: Pod, config: object, env: Environment = {}): Promise<Answer["json"]> {
  const { status, stdout, json } = await call(pod, "ADD", config, env);
  expect([status, status === 0 ? "" : stdout]).toEqual([0, ""]);
  return json;
}

/** Runs another verb, which has to succeed without a word. */
export async function succeed(pod: Pod, verb: string, config: object, env: Environment = {}): Promise<void> {
  const { status, stdout } = await call(pod, verb, config, env);
  expect([verb, status, stdout]).toEqual([verb, 0, ""]);
}

/** Runs a verb that has to fail, and returns its code and its words. */
export async function fail(pod: Pod, verb: string, config: object, env: Environment = {}): Promise<[number, string]> {
  const { status, json } = await call(pod, verb, config, env);
  expect([json?.msg, status]).toEqual([json?.msg, 1]);
  return [json.code, [json.msg, json.details ?? ""].join("\n")];
}

/** The Pod's addresses in order, with their interfaces: `net1-0 192.168.0.65/18`. */
export async function addressesOf({ ns }: Pick<Pod, "ns">): Promise<string[]> {
  const links = await ns.json("-4 address show");
  return links
    .filter(({ ifname }) => ifname !== "lo")
    .flatMap(({ ifname, addr_info }) =>
      addr_info.map(({ local, prefixlen }: Record<string, string>) => `${ifname} ${local}/${prefixlen}`),
    )
    .sort();
}

/** Names of the Pod's links but the loopback device. */
export async function linksOf({ ns }: Pick<Pod, "ns">): Promise<string[]> {
  const links = await ns.json("link show");
  return links.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

/** Whether an address answers within 10 s, asked through a link. */
export async function reaches({ ns }: Pick<Pod, "ns">, address: string, link: string): Promise<boolean> {
  const { status } = await ns.run(["busybox", "ping", "-c", "1", "-w", "10", "-I", link, address]);
  return status === 0;
}

/** Routes of the node's table for the network `multi`, and its rules: `192.168.0.128/26 via 10.0.1.2 dev ens1`. */
export async function routesOf({ ns }: Node): Promise<{ rules: string[]; routes: string[] }> {
  const rules = (await ns.ip("-4 rule show")).split("\n").filter((line) => line.includes("from 192.168"));
  const table = /lookup (\d+)/.exec(rules[0] ?? "")?.[1];
  const routes = table === undefined ? "" : await ns.ip(`route show table ${table}`);
  return {
    rules: rules.map((line) => line.trim()),
    routes: routes
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
  };
}
