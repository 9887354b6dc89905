/** A Pod for run.ts: a network namespace of its own whose interface is a macvlan. */
import { readlinkSync } from "node:fs";
import { ip } from "./ip.ts";

export interface Pod {
  /** Path of its network namespace. */
  readonly netns: string;
  /** Removes a link of it. */
  remove(link: string): void;
  end(): void;
}

/** Starts a Pod with `eth0` on a NIC of this namespace. It lives as long as a process that sleeps in it. */
export function startPod(nic: string): Pod {
  const child = Bun.spawn(["unshare", "--net", "sleep", "infinity"], { stdio: ["ignore", "ignore", "ignore"] });
  const netns = `/proc/${child.pid}/ns/net`;
  while (readlinkSync(netns) === readlinkSync("/proc/self/ns/net")) Bun.sleepSync(1);
  ip([`link set dev ${nic} up`, `link add link ${nic} name eth0 netns ${child.pid} type macvlan mode bridge`]);
  // `ip` takes a name below /run/netns, from where the path leads out.
  const inPod = (...words: string[]) => Bun.spawnSync(["ip", "-netns", `../../..${netns}`, ...words]);
  inPod("link", "set", "dev", "eth0", "up");
  return {
    netns,
    remove: (link) => void inPod("link", "delete", "dev", link),
    end: () => child.kill(),
  };
}
