import { describe, expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import { type Namespace, namespace } from "../harness.ts";
import { addChain, call, chain, deleteChain, ends, lookSoon, mains, makeSite, reaches, routes } from "./path.ts";

/** The Pod's second interface, in a network of its own with a router of its own. */
function further(node: Namespace, policyRoutes: boolean) {
  const addresses = ["198.18.0.10/24", "2001:db8:2::10/64"];
  const ipam = {
    type: "static",
    addresses: [
      { address: addresses[0], gateway: "198.18.0.254" },
      { address: addresses[1], gateway: "2001:db8:2::fe" },
    ],
    routes: [{ dst: "192.88.99.0/24" }],
  };
  const list = chain({ name: "more", ifName: "net1", ipam, entry: { nodePath: { routes, policyRoutes } } });
  return { ...list, node };
}

async function addRouter(wire: Namespace): Promise<void> {
  await setUp(wire, ["address add 198.18.0.254/24 dev br0", "address add 2001:db8:2::fe/64 dev br0 nodad"]);
}

const both = [
  ["192.0.2.10", "192.0.2.1"],
  ["2001:db8::10", "2001:db8::1"],
  ["198.18.0.10", "192.0.2.1"],
  ["2001:db8:2::10", "2001:db8::1"],
] as const;

describe.each([false, true])("two interfaces, policyRoutes %p", (policyRoutes) => {
  test("one pair for both; DEL in both orders, ADD again", async () => {
    await using site = await makeSite();
    const { node, wire } = site;
    await addRouter(wire);
    const before = await lookSoon(node, node);
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      await using pod = await namespace();
      const lists = [chain(), further(node, policyRoutes)];
      const results: unknown[] = [];
      for (const list of lists) results.push((await addChain(node, pod, "pod1", list)).at(-1));
      expect((await ends(node)).length).toBe(1);
      for (const [own, other] of both) {
        expect([own, await reaches(node, own)]).toEqual([own, true]);
        expect([own, await reaches(pod, other, { source: own })]).toEqual([own, true]);
        const overlay = own.includes(":") ? "fd00:10:244::2" : "10.244.0.2";
        expect([own, overlay, await reaches(pod, overlay, { source: own })]).toEqual([own, overlay, true]);
      }
      const leave = async (source: string, target: string) =>
        (await pod.json(`route get ${target} from ${source}`))[0].dev;
      const way = policyRoutes ? "net1" : "eth0";
      expect(await leave("198.18.0.10", "203.0.113.1")).toBe(way);
      expect(await leave("2001:db8:2::10", "2001:db8:ffff::1")).toBe(way);
      expect(await leave("192.0.2.10", "203.0.113.1")).toBe("eth0");
      for (const address of ["203.0.113.1", "2001:db8:ffff::1", "192.0.2.254", "198.18.0.254"]) {
        expect([address, await reaches(pod, address)]).toEqual([address, true]);
      }
      const whole = await lookSoon(node, pod);
      for (const [index, list] of lists.entries()) {
        const [, plugin] = list.plugins;
        const env = { CNI_IFNAME: list.ifName ?? "" };
        const config = { ...plugin, name: list.name, prevResult: results[index] };
        for (const verb of ["ADD", "CHECK"]) {
          const { status, stderr, json } = await call({ node, pod }, verb, config, { env });
          expect([verb, index, status, stderr, json?.msg]).toEqual([verb, index, 0, "", undefined]);
        }
      }
      expect(await lookSoon(node, pod, whole)).toBe(whole);

      const [gone = 0, stays = 0] = order;
      const own = (index: number) => both.slice(index * 2, index * 2 + 2);
      const goes = lists[gone];
      const keeps = lists[stays];
      if (!goes || !keeps) throw new Error("no such list");
      await deleteChain(node, pod, "pod1", goes, results[gone]);
      expect((await ends(node)).length).toBe(1);
      for (const [address] of own(gone)) expect(await node.ip(`route show exact ${address}`)).toBe("");
      for (const [address, other] of own(stays)) {
        expect([order, address, await reaches(node, address)]).toEqual([order, address, true]);
        expect([order, address, await reaches(pod, other, { source: address })]).toEqual([order, address, true]);
      }
      if (gone === 1) {
        for (const view of ["rule show", "-6 rule show"]) expect(await pod.ip(view)).not.toContain("7000");
        expect(await pod.ip("route show table all")).not.toContain("7000");
      }
      await deleteChain(node, pod, "pod1", keeps, results[stays]);
      expect(await ends(node)).toEqual([]);
    }
    expect(await lookSoon(node, node, before)).toBe(before);
  }, 200_000);
});

test("the veth plugin's documented configs, with the type changed", async () => {
  await using site = await makeSite();
  const { node } = site;
  const entries = [
    {
      service_hijack_subnet: ["10.233.0.0/18"],
      overlay_hijack_subnet: ["10.244.0.0/16"],
      additional_hijack_subnet: [],
      migrate_route: -1,
      rp_filter: { set_host: true, value: 0 },
      skip_call: false,
    },
    {
      service_hijack_subnet: ["172.96.0.0/18", "2001:4860:fd00::/108"],
      overlay_hijack_subnet: ["10.240.0.0/12", "fd00:10:244::/96"],
      additional_hijack_subnet: [],
      rp_filter: { set_host: true, value: 0 },
      migrate_route: -1,
      log_options: { log_level: "debug", log_file: "/var/log/meta-plugins/veth.log" },
      ip_conflict: { enabled: true, interval: "1s", retries: 5 },
      mac_prefix: "0a:0b",
    },
    {
      service_hijack_subnet: ["10.233.0.0/18", "fd00:10:96::/112"],
      overlay_hijack_subnet: ["10.244.0.0/16", "fd00:10:244::/112"],
      additional_hijack_subnet: [],
      migrate_route: -1,
      rp_filter: { set_host: true, value: 0 },
      mac_prefix: "0a:1b",
    },
  ];
  for (const entry of entries) {
    await using pod = await namespace();
    const list = { ...chain({ entry }), cniVersion: "0.3.1" };
    const results = await addChain(node, pod, "pod1", list);
    for (const address of ["192.0.2.1", "10.244.0.2", "fd00:10:244::2"]) {
      expect([address, await reaches(pod, address)]).toEqual([address, true]);
    }
    await deleteChain(node, pod, "pod1", list, results.at(-1));
    expect(await ends(node)).toEqual([]);
  }
  await using pod = await namespace();
  const list = chain({ entry: { mac_prefix: "0a:1b", only_op_mac: true } });
  const results = await addChain(node, pod, "pod1", list);
  expect(results[1]).toMatchObject({ interfaces: [{ mac: "0a:1b:c0:00:02:0a" }] });
  expect(await ends(node)).toEqual([]);
  await deleteChain(node, pod, "pod1", list, results[1]);
  expect(mains.bridge.type).toBe("macvlan");
}, 120_000);

test("a service as kube-proxy makes it: reached by its address, in both families, with the Pod's own address", async () => {
  await using site = await makeSite("vlan on a bond");
  const { node, overlay } = site;
  const rules = `table inet services {
  chain translate {
    ip daddr 10.96.0.10 tcp dport 80 counter dnat ip to 10.244.0.2:8080
    ip6 daddr fd00:96::10 tcp dport 80 counter dnat ip6 to [fd00:10:244::2]:8080
  }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; jump translate; }
  chain output { type nat hook output priority -100; policy accept; jump translate; }
}`;
  const { status, stderr } = await node.run(["nft", "-f", "-"], { stdin: rules });
  expect([status, stderr]).toEqual([0, ""]);
  // Tells who asks.
  const script = 'printf "HTTP/1.0 200 OK\\r\\n\\r\\n"; cat /proc/net/tcp /proc/net/tcp6';
  for (const address of ["10.244.0.2", "fd00:10:244::2"]) {
    const server = Bun.spawn(
      [
        "ip",
        "netns",
        "exec",
        overlay.name,
        "busybox",
        "nc",
        "-lk",
        "-p",
        "8080",
        "-s",
        address,
        "-e",
        "sh",
        "-c",
        script,
      ],
      { stdout: "ignore", stderr: "ignore" },
    );
    server.unref();
  }
  await using pod = await namespace();
  const list = chain({ below: "vlan on a bond" });
  const results = await addChain(node, pod, "pod1", list);
  for (const [url, source] of [
    ["http://10.96.0.10/", "0A0200C0"],
    ["http://[fd00:96::10]/", "B80D01200000000000000000100"],
  ] as const) {
    let said = "";
    for (let attempt = 1; attempt <= 5 && said === ""; attempt++) {
      said = (await pod.run(["busybox", "wget", "-q", "-T", "5", "-O", "-", url])).stdout;
    }
    expect([url, said.includes(source)]).toEqual([url, true]);
  }
  await deleteChain(node, pod, "pod1", list, results[1]);
}, 120_000);
