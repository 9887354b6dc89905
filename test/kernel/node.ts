/** A node for tests: a namespace with NICs, and ways to look at them. */
import { type Namespace, namespace } from "./harness.ts";

/** A namespace with NICs that are up. It has no IPv6, whose addresses would come and go by themselves. */
export async function nodeWith(...nics: string[]): Promise<Namespace> {
  const ns = await namespace();
  await ns.run(["sh", "-c", "for f in all default; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done"]);
  for (const nic of nics) {
    await ns.ip(`link add name ${nic} type dummy`);
    await ns.ip(`link set dev ${nic} up`);
  }
  return ns;
}

/** One link as `ip -d -j link show` prints it. */
export async function link(ns: Namespace, name: string) {
  const [found] = await ns.json(`-d link show dev ${name}`);
  return found;
}

/** All that an admin can see of links and addresses. */
export async function photograph(ns: Namespace): Promise<string> {
  return await ns.ip("-d -j address show");
}

/** `photograph`, once nothing moves any more. */
export function photographSettled(ns: Namespace): Promise<string> {
  return lookSettled(ns, () => photograph(ns));
}

/**
 * What `look` shows when it has shown it for a second. Links that stand on others get their carrier by and by: the kernel
 * hands such news on once a second. Where there are only NICs there is nothing to wait for.
 */
export async function lookSettled(ns: Namespace, look: () => Promise<string>): Promise<string> {
  const links = await ns.json("-d link show up");
  const still = links.every(({ ifname, linkinfo }) => [undefined, "lo"].includes(ifname) || isDummy(linkinfo));
  let seen = await look();
  for (let same = still ? 3 : 0; same < 3; ) {
    await Bun.sleep(350);
    const next = await look();
    same = next === seen ? same + 1 : 0;
    seen = next;
  }
  return seen;
}

function isDummy(linkinfo: { info_kind?: string; info_slave_kind?: string } | undefined): boolean {
  return linkinfo?.info_kind === "dummy" && linkinfo.info_slave_kind === undefined;
}
