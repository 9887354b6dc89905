import { describe, expect, test } from "bun:test";
import { bonded, complete, nics, tell } from "./bonded.ts";
import { addChain, type Chain, checkChain, deleteChain } from "./chain.ts";
import { type Namespace, namespace } from "./harness.ts";
import { nodeWith } from "./node.ts";

const { cniVersion: _, name: __, ...ifacer } = bonded;
const addressed = (address: string) => ({ type: "static", addresses: [{ address: `${address}/24` }] });
const macvlan = { type: "macvlan", master: "bond0.200", mode: "bridge", ipam: addressed("192.0.2.1") };
const ipvlan = { type: "ipvlan", master: "bond0.200", mode: "l2", ipam: addressed("192.0.2.1") };
const tuning = { type: "tuning", sysctl: { "net.ipv4.conf.net1.arp_notify": "1" } };

const versions = ["0.3.1", "0.4.0", "1.0.0"];

describe.each(versions)("at version %s", (cniVersion) => {
  test.each([
    ["[ifacer, macvlan, tuning]", "macvlan", [ifacer, macvlan, tuning]],
    ["[ifacer, ipvlan]", "ipvlan", [ifacer, ipvlan]],
  ])("%s: added, checked, deleted", async (_, kind, plugins) => {
    await using node = await nodeWith(...nics);
    await using pod = await namespace();
    const chain: Chain = { cniVersion, name: "net", plugins };
    const results = await addChain(node, pod, "pod0", chain);
    const last = results.at(-1);
    expect(results[0]).toEqual({ cniVersion });
    expect(last).toMatchObject({
      cniVersion,
      interfaces: [{ name: "net1", sandbox: pod.path }],
      ips: [{ address: "192.0.2.1/24" }],
    });
    expect(await describePodLink(pod)).toEqual([kind, ["192.0.2.1"]]);
    if (cniVersion !== "0.3.1") await checkChain(node, pod, "pod0", chain, last);
    await deleteChain(node, pod, "pod0", chain, cniVersion === "0.3.1" ? undefined : last);
    expect(await links(pod)).toEqual(["lo"]);
    // Other Pods may stand on the links.
    expect(await tell(node)).toEqual(complete(200));
  });

  test("[macvlan, ifacer, tuning]: ifacer in the middle passes everything on", async () => {
    await using node = await nodeWith(...nics, "ens224");
    await using pod = await namespace();
    const chain = { cniVersion, name: "net", plugins: [{ ...macvlan, master: "ens224" }, ifacer, tuning] };
    const [made, passedOn, last] = await addChain(node, pod, "pod0", chain);
    expect(passedOn).toEqual(made);
    expect(last).toEqual(made);
    if (cniVersion !== "0.3.1") await checkChain(node, pod, "pod0", chain, last);
    await deleteChain(node, pod, "pod0", chain);
    expect(await links(pod)).toEqual(["lo"]);
    expect(await tell(node)).toEqual([...complete(200), "ens224 up"].sort());
  });
});

test("two Pods on the same links: when one goes, the other keeps them; DEL may come twice", async () => {
  await using node = await nodeWith(...nics);
  await using one = await namespace();
  await using two = await namespace();
  const [first, second] = ["192.0.2.1", "192.0.2.2"].map(
    (address): Chain => ({
      cniVersion: "1.0.0",
      name: "net",
      plugins: [ifacer, { ...macvlan, ipam: addressed(address) }],
    }),
  ) as [Chain, Chain];
  await addChain(node, one, "pod1", first);
  await addChain(node, two, "pod2", second);
  for (let times = 0; times < 2; times++) await deleteChain(node, one, "pod1", first);
  expect(await links(one)).toEqual(["lo"]);
  expect(await describePodLink(two)).toEqual(["macvlan", ["192.0.2.2"]]);
  expect(await tell(node)).toEqual(complete(200));
});

test("DEL with ifacer's keys taken out, as Multus may send it", async () => {
  await using node = await nodeWith(...nics);
  await using pod = await namespace();
  const chain = { cniVersion: "1.0.0", name: "net", plugins: [ifacer, macvlan] };
  await addChain(node, pod, "pod0", chain);
  await deleteChain(node, pod, "pod0", { ...chain, plugins: [{ type: "ifacer" }, macvlan] });
  expect(await links(pod)).toEqual(["lo"]);
  expect(await tell(node)).toEqual(complete(200));
});

test("a chain whose second plugin fails: DEL of the whole chain succeeds, and the next ADD too", async () => {
  await using node = await nodeWith(...nics);
  await using pod = await namespace();
  const chain = { cniVersion: "1.0.0", name: "net", plugins: [ifacer, { ...macvlan, mode: "nonsense" }] };
  await expect(addChain(node, pod, "pod0", chain)).rejects.toThrow("nonsense");
  await deleteChain(node, pod, "pod0", chain);
  await addChain(node, pod, "pod0", { ...chain, plugins: [ifacer, macvlan] });
  expect(await describePodLink(pod)).toEqual(["macvlan", ["192.0.2.1"]]);
});

async function links(pod: Namespace): Promise<string[]> {
  return (await pod.json("link show")).map(({ ifname }) => ifname);
}

/** The kind of the Pod's net1 and its IPv4 addresses. */
async function describePodLink(pod: Namespace): Promise<[string, string[]]> {
  const [link] = await pod.json("-d -4 address show dev net1");
  return [link.linkinfo.info_kind, link.addr_info.map(({ local }: { local: string }) => local)];
}
