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

/** `photograph`, once every link that is up has got its carrier: that comes with the next look of the bond's monitor. */
export async function photographSettled(ns: Namespace): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const links = await ns.json("link show up");
    if (links.every(({ flags, operstate }) => !flags?.includes("NO-CARRIER") && operstate !== "DOWN")) break;
    await Bun.sleep(100);
  }
  return await photograph(ns);
}
