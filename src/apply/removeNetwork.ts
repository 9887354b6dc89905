import { contains, parseSubnet } from "../config/addresses.ts";
import { CniError, Code } from "../error.ts";
import { runIp } from "../host/ip.ts";
import { withLock } from "../host/lock.ts";
import { forgetRule, isRuleRemembered } from "../host/madeFiles.ts";
import { findNotes } from "../host/note.ts";
import { closeNotes, list } from "../host/notes.ts";
import type { RoutingRule } from "../model.ts";
import { showCommand } from "../plan/shell.ts";
import { nameRule } from "../pool/ruleName.ts";
import { isSafeLine } from "./lines.ts";
import { readRule } from "./network.ts";
import type { Removal } from "./unused.ts";

/**
 * Removes the rules of a network over several NICs that no Pod needs any more, and the routes that they lead to, with the lock held.
 * A rule stays where it was made without `removeUnused`, where a Pod has noted to need it, or has an address by host-local, whether it
 * has noted anything or not.
 *
 * @param store where host-local notes the addresses that it gave in this network
 *
 * Throws code 5 or 11 (lock), 102 or 103 (`ip` can't look).
 */
export function removeNetwork(rules: readonly RoutingRule[], { store }: { store: string }): Promise<Removal> {
  return withLock(async (lock) => {
    const folder = await findNotes();
    const given = list(store).filter((name) => /^\d+\.\d+\.\d+\.\d+$/.test(name));
    const [removed, kept]: [string[], string[]] = [[], []];
    for (const rule of rules) {
      const lines = await listRemovals(rule, lock);
      // Whoever notes from here on waits for the lock, and makes all anew.
      if (lines.length === 0 || !closeNotes(folder, nameRule(rule))) continue;
      // Who made it without the key has Pods that leave no notes; and the key may be any tenant's.
      if (!(await isRuleRemembered(nameRule(rule)))) continue;
      const name = `the rule 'from ${rule.from} lookup ${rule.table}'`;
      if (given.length > 0) {
        kept.push(
          `${name} stays: a Pod has the address ${given[0]}; if there is none any more, remove ${store}/${given[0]}`,
        );
        continue;
      }
      await runIp(["-force", "-batch", "-"], lines.filter(isSafeLine), { lock });
      const left = await listRemovals(rule, lock);
      if (left.length === 0) {
        await forgetRule(nameRule(rule));
        removed.push(`removed ${name} and its routes, which no Pod needs any more`);
      } else kept.push(`${name} can't be removed, run: ${left.map(showCommand).join("; ")}`);
    }
    return { removed, kept };
  });
}

async function listRemovals(rule: RoutingRule, lock: number): Promise<readonly string[]> {
  const args = ["-4", "-N", "-oneline", "-force", "-batch", "-"];
  const { command, stdout, stderr } = await runIp(args, ["rule show", `route show table ${rule.table}`], { lock });
  // A node without any rule routes nothing.
  if (stdout === "") throw new CniError(Code.ipFailed, `'${command}' can't look at the rules`, { details: stderr });
  return listRemovalsIn(stdout, rule);
}

/**
 * The lines that remove a rule as ifacer makes it, and routes of its table to parts of its network, by what `ip` showed; none: all is
 * gone. Pure.
 */
export function listRemovalsIn(stdout: string, { from, table }: RoutingRule): readonly string[] {
  const subnet = parseSubnet(from);
  return stdout.split("\n").flatMap((line) => {
    const rule = readRule(line);
    if (rule) {
      const isOwn = rule.place === table && rule.words.slice(0, 4).join(" ") === `from ${from} lookup ${table}`;
      return isOwn ? [`rule del from ${from} lookup ${table} priority ${table}`] : [];
    }
    const [destination = "", ...words] = line.trim().split(/\s+/);
    const part = parseSubnet(destination.includes("/") ? destination : `${destination}/32`);
    const isPart = subnet && part && part.prefixLength >= subnet.prefixLength && contains(subnet, part);
    return isPart ? [["route del", destination, ...wayOf(words), "table", table].join(" ")] : [];
  });
}

/** `via GATEWAY dev LINK` of a route that `ip` shows. */
function wayOf(words: readonly string[]): readonly string[] {
  return ["via", "dev"].flatMap((word) => (words.includes(word) ? [word, words[words.indexOf(word) + 1] ?? ""] : []));
}
