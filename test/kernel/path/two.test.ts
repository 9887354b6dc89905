import { describe, expect, test } from "bun:test";
import { setUp } from "../adding.ts";
import { type Namespace, namespace } from "../harness.ts";
import {
  addChain,
  call,
  chain,
  deleteChain,
  ends,
  expectAnswer,
  lookSoon,
  makePod,
  makeSite,
  reaches,
  routes,
  type Site,
} from "./path.ts";

/** The Pod's second interface, in a network of its own with a router of its own, and its main plugin's result. */
async function addSecond({ node }: Site, pod: Namespace): Promise<object> {
  await node.ip(`link add link ens192 name mv1 netns ${pod.name} type macvlan mode bridge`);
  await setUp(pod, [
    "link set dev mv1 name net1",
    "link set dev net1 up",
    "address add 198.18.0.10/24 dev net1",
    "address add 2001:db8:2::10/64 dev net1 nodad",
    "route add 192.88.99.0/24 via 198.18.0.254 dev net1",
  ]);
  return {
    cniVersion: "1.0.0",
    interfaces: [{ name: "net1", sandbox: pod.path }],
    ips: [
      { address: "198.18.0.10/24", gateway: "198.18.0.254", interface: 0 },
      { address: "2001:db8:2::10/64", gateway: "2001:db8:2::fe", interface: 0 },
    ],
    routes: [{ dst: "192.88.99.0/24" }],
  };
}

/** That each address answers, given whom it is asked from and with which source. */
async function expectAll(
  asked: readonly (readonly [ns: Namespace, address: string, source?: string])[],
): Promise<void> {
  const answers = await Promise.all(
    asked.map(async ([ns, address, source = ""]) =>
      (await reaches(ns, address, { source })) ? [] : [[address, source]],
    ),
  );
  expect(answers.flat()).toEqual([]);
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
      await using made = await makePod(site);
      const { pod } = made;
      const interfaces = [
        { ifName: "eth0", config: { nodePath: { routes }, prevResult: made.prevResult } },
        { ifName: "net1", config: { name: "more", nodePath: { routes, policyRoutes }, prevResult: {} } },
      ];
      const run = (verb: string, index: number) => {
        const { ifName, config } = interfaces[index] ?? { ifName: "", config: {} };
        return call({ node, pod }, verb, config, { env: { CNI_IFNAME: ifName } });
      };
      expectAnswer(await run("ADD", 0));
      Object.assign(interfaces[1]?.config ?? {}, { prevResult: await addSecond(site, pod) });
      expectAnswer(await run("ADD", 1));
      expect((await ends(node)).length).toBe(1);
      const overlay = (own: string) => (own.includes(":") ? "fd00:10:244::2" : "10.244.0.2");
      await expectAll(
        both.flatMap(
          ([own, other]) =>
            [
              [node, own],
              [pod, other, own],
              [pod, overlay(own), own],
            ] as const,
        ),
      );
      const leave = async (source: string, target: string) =>
        (await pod.json(`route get ${target} from ${source}`))[0].dev;
      const way = policyRoutes ? "net1" : "eth0";
      expect(await leave("198.18.0.10", "203.0.113.1")).toBe(way);
      expect(await leave("2001:db8:2::10", "2001:db8:ffff::1")).toBe(way);
      expect(await leave("192.0.2.10", "203.0.113.1")).toBe("eth0");
      await expectAll(
        ["203.0.113.1", "2001:db8:ffff::1", "192.0.2.254", "198.18.0.254"].map((to) => [pod, to] as const),
      );
      const whole = await lookSoon(node, pod);
      for (const index of [0, 1]) {
        for (const verb of ["ADD", "CHECK"]) {
          const { status, stderr, json } = await run(verb, index);
          expect([verb, index, status, stderr, json?.msg]).toEqual([verb, index, 0, "", undefined]);
        }
      }
      expect(await lookSoon(node, pod, whole)).toBe(whole);

      const [gone = 0, stays = 0] = order;
      const own = (index: number) => both.slice(index * 2, index * 2 + 2);
      expectAnswer(await run("DEL", gone));
      await pod.ip(`link delete dev ${interfaces[gone]?.ifName}`);
      expect((await ends(node)).length).toBe(1);
      for (const [address] of own(gone)) expect(await node.ip(`route show exact ${address}`)).toBe("");
      await expectAll(
        own(stays).flatMap(
          ([address, other]) =>
            [
              [node, address],
              [pod, other, address],
            ] as const,
        ),
      );
      if (gone === 1) {
        for (const view of ["rule show", "-6 rule show"]) expect(await pod.ip(view)).not.toContain("7000");
        expect(await pod.ip("route show table all")).not.toContain("7000");
      }
      expectAnswer(await run("DEL", stays));
      expect(await ends(node)).toEqual([]);
    }
    expect(await lookSoon(node, node, before)).toBe(before);
  }, 240_000);
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
    await using made = await makePod(site);
    const { pod, prevResult } = made;
    const config = { ...entry, cniVersion: "0.3.1", prevResult };
    expectAnswer(await call({ node, pod }, "ADD", config));
    const overlays = entry.overlay_hijack_subnet.map((subnet) =>
      subnet.includes(":") ? "fd00:10:244::2" : "10.244.0.2",
    );
    await expectAll(["192.0.2.1", ...overlays].map((to) => [pod, to] as const));
    expectAnswer(await call({ node, pod }, "DEL", config));
    expect(await ends(node)).toEqual([]);
  }
  await using made = await makePod(site);
  const { pod, prevResult } = made;
  const { json } = await call({ node, pod }, "ADD", { mac_prefix: "0a:1b", only_op_mac: true, prevResult });
  expect(json).toMatchObject({ interfaces: [{ mac: "0a:1b:c0:00:02:0a" }] });
  expect(await ends(node)).toEqual([]);
}, 240_000);

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
  const serve =
    'Bun.serve({ hostname: "::", port: 8080, fetch: (request, server) => new Response(server.requestIP(request).address) })';
  const server = Bun.spawn(["ip", "netns", "exec", overlay.name, process.execPath, "-e", serve], {
    stdout: "ignore",
    stderr: "ignore",
  });
  server.unref();
  await using pod = await namespace();
  const list = chain({ below: "vlan on a bond" });
  const results = await addChain(node, pod, "pod1", list);
  const ask = "process.stdout.write(await (await fetch(process.argv[1])).text())";
  for (const [url, source] of [
    ["http://10.96.0.10/", "192.0.2.10"],
    ["http://[fd00:96::10]/", "2001:db8::10"],
  ] as const) {
    let said = "";
    for (let attempt = 1; attempt <= 5 && said === ""; attempt++) {
      said = (await pod.run([process.execPath, "-e", ask, url])).stdout;
    }
    expect([url, said]).toEqual([url, expect.stringContaining(source)]);
  }
  await deleteChain(node, pod, "pod1", list, results[1]);
}, 240_000);

test("DEL of both interfaces at the same time leaves no pair", async () => {
  await using site = await makeSite();
  const { node, wire } = site;
  await addRouter(wire);
  await using made = await makePod(site);
  const { pod } = made;
  const first = { nodePath: {}, prevResult: made.prevResult };
  const second = { name: "more", nodePath: {}, prevResult: await addSecond(site, pod) };
  for (let round = 0; round < 5; round++) {
    expectAnswer(await call({ node, pod }, "ADD", first));
    expectAnswer(await call({ node, pod }, "ADD", second, { env: { CNI_IFNAME: "net1" } }));
    const answers = await Promise.all([
      call({ node, pod }, "DEL", first),
      call({ node, pod }, "DEL", second, { env: { CNI_IFNAME: "net1" } }),
    ]);
    for (const answer of answers) expectAnswer(answer);
    expect(await ends(node)).toEqual([]);
  }
}, 240_000);
