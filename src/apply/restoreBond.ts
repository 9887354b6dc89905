import { bondOptionWords, currentBondValue, isSetAfterEnslaving } from "../config/bondOptions.ts";
import { type BondOption, bondOptions } from "../config/bondTable.ts";
import { parseValue } from "../config/values.ts";
import { isBondMode, type Link } from "../model.ts";

/**
 * The lines that give a bond without slaves its earlier mode, options and, where `mac` is given, MAC.
 *
 * The active slave is the driver's own choice once the slaves are as they were. What the driver would not take in the earlier
 * mode, or without the earlier monitor, goes first, while it still does. While `fail_over_mac` is `active` the driver takes
 * a MAC without a word and without effect, so that the MAC is set while it is not.
 */
export function restoreBond(earlier: Link, link: Link, { mac }: { mac: string | undefined }): string[] {
  const name = "fail_over_mac";
  const wasActive = currentBondValue(earlier.driverData, name) === "active";
  const isActive = currentBondValue(link.driverData, name) === "active";
  const follows = mac !== undefined && (wasActive || isActive);
  const changed = bondOptions.flatMap((row) => {
    const value = currentBondValue(earlier.driverData, row.name);
    const now = currentBondValue(link.driverData, row.name);
    // An empty list takes the addresses away.
    if (row.rule.kind === "addresses" && value === undefined && now) return [{ row, words: [row.name, '""'] }];
    const same = value === undefined || (value === now && !(follows && row.name === name));
    return same || "fault" in parseValue(row.rule, value) || isSetAfterEnslaving(row.name)
      ? []
      : [{ row, words: bondOptionWords({ name: row.name, value }) }];
  });
  const first = changed.filter(({ row }) => isRefusedBy(earlier, row)).flatMap(({ words }) => words);
  const then = changed.filter(({ row }) => !isRefusedBy(earlier, row)).flatMap(({ words }) => words);
  const mode = earlier.driverData["mode"];
  if (isBondMode(mode) && mode !== link.driverData["mode"]) then.unshift("mode", mode);
  const set = (words: readonly string[]) =>
    words.length > 0 ? [`link set dev ${link.name} type bond ${words.join(" ")}`] : [];
  return [
    ...set(first),
    ...set(mac !== undefined && isActive ? [name, "none"] : []),
    ...(mac === undefined ? [] : [`link set dev ${link.name} address ${mac}`]),
    ...set(then),
  ];
}

/** Whether the driver refuses an option, whatever its value, in a bond's mode and with its monitor. */
function isRefusedBy({ driverData }: Link, { modes, needs }: BondOption): boolean {
  const outOfMode = modes?.elsewhere === "driver-refuses" && !modes.only.some((mode) => mode === driverData["mode"]);
  const lacking = needs?.otherwise === "driver-refuses" && currentBondValue(driverData, needs.option) === "0";
  return outOfMode || lacking;
}
