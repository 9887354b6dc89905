import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Namespace } from "../harness.ts";
import { link, nodeWith } from "../node.ts";
import { call, type FakeIpam, fakeIpam, hostLocalIpam, hostLocalStore, refuse, staticIpam, tell } from "./pod.ts";

let node: Namespace;
let pod: Namespace;
let fake: FakeIpam;
beforeAll(async () => {
  node = await nodeWith();
  pod = await nodeWith("eth0");
  fake = fakeIpam();
}, 240_000);
afterAll(async () => {
  fake[Symbol.dispose]();
  await node[Symbol.asyncDispose]();
  await pod[Symbol.asyncDispose]();
});

/** ADD, whose result is returned, and DEL. */
async function resultOf(entry: object, env: Record<string, string | undefined> = {}) {
  const { json } = await call({ node, pod }, "ADD", entry, env);
  const mac = json.interfaces && (await link(pod, "eth0.3")).address;
  await call({ node, pod }, "DEL", entry, env);
  return { json, mac };
}

const routes = [{ dst: "0.0.0.0/0" }];
const ipam = { type: "static", addresses: [{ address: "192.0.2.10/24", gateway: "192.0.2.1" }], routes };

test.each(["0.1.0", "0.2.0"])(
  "at %s a result has one address of each family and no interfaces",
  async (cniVersion) => {
    const entry = { cniVersion, vlanID: 3 };
    const { json } = await resultOf({ ...entry, ipam });
    expect(json).toEqual({ cniVersion, ip4: { ip: "192.0.2.10/24", gateway: "192.0.2.1", routes } });
    const before = { cniVersion, ip6: { ip: "2001:db8::1/64" }, dns: { nameservers: ["192.0.2.53"] } };
    const behind = await resultOf({ ...entry, ipam, prevResult: before });
    expect(behind.json).toMatchObject({ ...before, ip4: { ip: "192.0.2.10/24" } });
  },
  240_000,
);

test.each(["0.1.0", "0.2.0"])(
  "at %s a second address of a family is code 1, and all is undone",
  async (cniVersion) => {
    using store = hostLocalStore();
    const prevResult = { cniVersion, ip4: { ip: "198.51.100.1/24" }, dns: {} };
    const entry = { cniVersion, vlanID: 3, ipam: hostLocalIpam(store.folder), prevResult };
    const words = await refuse({ node, pod }, entry, 1);
    expect(words).toContain(
      `a result of cniVersion ${cniVersion} has one IPv4 address, these are 2 (198.51.100.1/24, 192.0.2.2/24): set cniVersion to 0.3.0 or later`,
    );
    expect(store.list()).toEqual([]);
  },
  240_000,
);

test.each(["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"])(
  "at %s the made link is appended to all that was there",
  async (cniVersion) => {
    const labelled = cniVersion.startsWith("0.");
    const label = labelled ? { version: "4" } : {};
    const prevResult = {
      cniVersion,
      interfaces: [{ name: "veth1" }, { name: "eth0", mac: "02:00:00:00:00:01", sandbox: pod.path }],
      ips: [{ ...label, interface: 1, address: "198.51.100.1/24" }],
      routes: [{ dst: "203.0.113.0/24", gw: "198.51.100.254" }],
      dns: { nameservers: ["192.0.2.53"] },
      other: true,
    };
    const { json, mac } = await resultOf({ cniVersion, vlanID: 3, ipam, prevResult });
    const size = cniVersion === "1.1.0" ? { mtu: 1500 } : {};
    expect(json).toEqual({
      cniVersion,
      other: true,
      interfaces: [...prevResult.interfaces, { name: "eth0.3", mac, ...size, sandbox: pod.path }],
      ips: [...prevResult.ips, { ...label, interface: 2, address: "192.0.2.10/24", gateway: "192.0.2.1" }],
      routes: [...prevResult.routes, ...routes],
      dns: prevResult.dns,
    });
  },
  240_000,
);

test("without prevResult the result has just ours: of a bond with a VLAN both links, the addresses are the VLAN's", async () => {
  await pod.ip("link add name eth1 type dummy");
  const entry = {
    interfaces: ["eth0", "eth1"],
    bond: { name: "b", mode: 1 },
    vlanID: 3,
    ipam: staticIpam("192.0.2.10/24"),
  };
  const { json } = await call({ node, pod }, "ADD", entry);
  expect(json.interfaces.map(({ name }: { name: string }) => name)).toEqual(["b", "b.3"]);
  expect(json.ips).toEqual([{ interface: 1, address: "192.0.2.10/24" }]);
  await call({ node, pod }, "DEL", entry);
  await pod.ip("link delete dev eth1");
  await pod.ip("link set dev eth0 up");
  expect(await tell(pod)).toEqual(["eth0 up dummy"]);
}, 240_000);

test("DNS: that of the plugins before, else the IPAM plugin's, else the config's", async () => {
  const dns = (server: string) => ({ dns: { nameservers: [server] } });
  const [first, second, third] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(dns) as [object, object, object];
  const answer = { cniVersion: "1.0.0", ips: [{ address: "192.0.2.10/24" }] };
  const entry = { vlanID: 3, ipam: { type: "fake" }, ...third };
  for (const [before, given, expected] of [
    [first, second, first],
    [{}, second, second],
    [{ dns: {} }, second, second],
    [{ dns: { nameservers: [] } }, { dns: {} }, third],
    [undefined, {}, third],
  ]) {
    const prevResult = before && { prevResult: { cniVersion: "1.0.0", ...before } };
    const env = { ...fake.env, SAY_ADD: JSON.stringify({ ...answer, ...given }) };
    const { json } = await resultOf({ ...entry, ...prevResult }, env);
    expect(json).toMatchObject(expected ?? {});
  }
}, 240_000);
