import { startIpAside } from "../host/aside.ts";
import { type IpSite, runIp } from "../host/ip.ts";
import { group, lineToRemove, readFailures } from "../wire/lines.ts";

/** Links that nobody can put a macvlan or ipvlan on for now. */
export interface Guard {
  /** The names of those that somebody stands on already. */
  readonly busy: ReadonlySet<string>;
  end(): Promise<void>;
}

/** What the kernel says where a macvlan or ipvlan is there, whether up or down, and in whatever namespace. */
const busyWords = /busy|invalid argument/i;

/**
 * Holds links that are about to be deleted: what stands on one in a Pod's namespace and is not up yet can't be seen from here,
 * and would go with it. A macvlan in mode passthru is there alone or not at all (macvlan_common_newlink), which tells, and keeps
 * others off until the link is gone. It is made in a namespace of ifacer's own, so that nothing is left, however ifacer ends.
 *
 * Where there can't be such a namespace, or the kernel has no macvlan, nobody is held off and nobody is found. Throws nothing.
 */
export async function guard(names: readonly string[], site: IpSite): Promise<Guard> {
  try {
    const aside = await startIpAside();
    const lines = names.map(
      (name, index) =>
        `link add link ${name} name g${index} group ${group} netns ${aside.path} type macvlan mode passthru`,
    );
    const { stderr } = await runIp(["-force", "-batch", "-"], lines, site);
    const failures = readFailures(stderr);
    return {
      busy: new Set(names.filter((_, index) => busyWords.test(failures.get(index) ?? ""))),
      async end() {
        // With the namespace they would go a while later, and be in a Pod's way until then.
        aside.give([lineToRemove]);
        await aside.end();
      },
    };
  } catch {
    return { busy: new Set(), end: async () => {} };
  }
}
