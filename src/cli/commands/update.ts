import { bondOptions, bondOptionWords } from "../../config/bondOptions.ts";
import type { Drift } from "../../model.ts";
import { quoteCommand } from "../../plan/shell.ts";

/** What is to be done about a drift: a line for `ip -batch -` that the kernel carries out live, or why there is none. */
export type Update =
  | { readonly drift: Drift; readonly line: string; readonly interrupts: string }
  | { readonly drift: Drift; readonly line: undefined; readonly reason: string };

/**
 * Works out what brings links in line with the config while they are in use. Pure.
 *
 * When the driver takes an option is the table's `changeable`. The order is the plan's: a bond comes before the VLAN on it,
 * whose MTU can't be the larger one.
 */
export function planUpdates(drift: readonly Drift[]): Update[] {
  return drift.map((one) => {
    if (one.what === "mtu") return updateMTU(one);
    const option = bondOptions.find(({ name }) => name === one.what);
    if (option === undefined) return { drift: one, line: undefined, reason: explainOther(one) };
    const words = `type bond ${bondOptionWords({ name: option.name, value: one.desired }).join(" ")}`;
    const line = `link set dev ${one.link} ${words}`;
    if (option.changeable === "live") return { drift: one, line, interrupts: describeInterruption(option.name) };
    return { drift: one, line: undefined, reason: explainState(one.link, line, option.changeable) };
  });
}

function updateMTU(drift: Drift): Update {
  return {
    drift,
    line: `link set dev ${drift.link} mtu ${drift.desired}`,
    interrupts:
      "the links below or on it may get it too, and many NICs reset their link for it: seconds without traffic",
  };
}

function explainState(bond: string, line: string, when: "down" | "empty"): string {
  const start = `the driver takes it only while the bond is ${when === "down" ? "down" : "without slaves"}, which cuts off`;
  const set = (state: "up" | "down") => quoteCommand(`link set dev ${bond} ${state}`);
  const way =
    when === "down"
      ? `${set("down")}, ${quoteCommand(line)}, ${set("up")}`
      : `${quoteCommand(`link delete dev ${bond}`)}, and the next ADD makes it anew`;
  return `${start} all that stands on it; when that may be: ${way}`;
}

function explainOther({ link, what, current }: Drift): string {
  if (what === "other slaves") {
    const lines = current.split(",").map((name) => quoteCommand(`link set dev ${name} nomaster`));
    return `somebody added ${current}; what it carries is lost when it is taken out: ${lines.join(", ")}`;
  }
  return `it is set when the link is made; when nothing uses it: ${quoteCommand(`link delete dev ${link}`)}, and the next ADD makes it anew`;
}

/** What an operator has to expect of a change to a bond in use (Documentation/networking/bonding.rst). */
function describeInterruption(option: string): string {
  switch (option) {
    case "primary":
    case "active_slave":
    case "primary_reselect":
      return "the traffic may move to another slave at once";
    case "miimon":
    case "arp_interval":
      return "links are watched anew; with wrong timings or targets the bond loses its slaves";
    case "arp_ip_target":
    case "ns_ip6_target":
    case "arp_validate":
    case "arp_all_targets":
    case "arp_missed_max":
      return "if the targets do not answer, the bond loses its slaves";
    case "xmit_hash_policy":
    case "packets_per_slave":
      return "flows may move to another slave, packets may arrive out of order once";
    case "ad_actor_sys_prio":
    case "ad_actor_system":
    case "lacp_strict":
      return "LACP is negotiated anew: seconds without traffic";
    case "min_links":
      return "the bond loses its carrier if fewer slaves are up";
    default:
      return "nothing";
  }
}
