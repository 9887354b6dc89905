import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  bondOptionWords,
  currentBondValue,
  isSetAfterEnslaving,
  parseBondOptions,
} from "../../src/config/bondOptions.ts";
import { bondOptions } from "../../src/config/bondTable.ts";
import { bondOptionDocs } from "../../src/config/optionDocs.ts";
import { parseValue } from "../../src/config/values.ts";
import { type BondMode, bondModes } from "../../src/model.ts";

const interfaces = ["eth0", "eth1"];

function parse(text: string, mode: BondMode) {
  const { settings, problems, warnings } = parseBondOptions(text, { mode, interfaces, path: "bond.options" });
  return {
    settings: settings.map(({ name, value }) => `${name}=${value}`).join(";"),
    problems: problems.map(({ message }) => message),
    warnings: warnings.map(({ message }) => message),
  };
}

describe("the table", () => {
  test.each(bondOptions.map((row) => [row.name, row] as const))("%s is complete", (_, row) => {
    expect(bondOptionDocs[row.name]).toMatch(/^[A-Z].*\.$/);
    if (row.default !== undefined) expect(parseValue(row.rule, row.default)).toEqual({ value: row.default });
    if (row.needs?.unless !== undefined) expect(row.needs.unless).toBe(row.default ?? "");
  });

  test("no spelling stands for two options", () => {
    const spellings = bondOptions.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  test("only active_slave is set after enslaving", () => {
    expect(bondOptions.filter((row) => isSetAfterEnslaving(row.name)).map((row) => row.name)).toEqual(["active_slave"]);
  });
});

describe("right options", () => {
  test.each<[string, BondMode, string]>([
    ["", "balance-rr", "miimon=100"],
    ["", "802.3ad", "miimon=100"],
    [" ; ", "active-backup", "miimon=100"],
    ["miimon=50;", "active-backup", "miimon=50"],
    ["arp_interval=0", "active-backup", "miimon=100;arp_interval=0"],
    ["use_carrier=0", "active-backup", "miimon=100;use_carrier=0"],
    ["lacp_rate=fast; xmit_hash_policy = layer3+4", "802.3ad", "miimon=100;xmit_hash_policy=layer3+4;lacp_rate=fast"],
    ["lacp_rate=1;xmit_hash_policy=1", "802.3ad", "miimon=100;xmit_hash_policy=layer3+4;lacp_rate=fast"],
    ["primary=eth1;primary_reselect=2", "active-backup", "miimon=100;primary=eth1;primary_reselect=failure"],
    ["active_slave=eth0", "balance-alb", "miimon=100;active_slave=eth0"],
    ["up_delay=200;down_delay=100", "802.3ad", "miimon=100;updelay=200;downdelay=100"],
    ["updelay=0", "802.3ad", "miimon=100;updelay=0"],
    [
      "miimon=0;arp_interval=100;arp_ip_target=192.0.2.1",
      "balance-xor",
      "miimon=0;arp_interval=100;arp_ip_target=192.0.2.1",
    ],
    ['arp_interval=100;arp_ip_target=["192.0.2.1"]', "active-backup", "arp_interval=100;arp_ip_target=192.0.2.1"],
    ["arp_interval=9;ns_ip6_target=2001:DB8::1", "active-backup", "arp_interval=9;ns_ip6_target=2001:db8::1"],
    [
      "arp_interval=9;arp_ip_target=192.0.2.1,192.0.2.2;arp_validate=3;arp_all_targets=all;missed_max=3",
      "active-backup",
      "arp_interval=9;arp_ip_target=192.0.2.1,192.0.2.2;arp_validate=all;arp_all_targets=all;arp_missed_max=3",
    ],
    ["arp_validate=none", "active-backup", "miimon=100;arp_validate=none"],
    ["tlb_dynamic_lb=0;lp_interval=5", "balance-tlb", "miimon=100;lp_interval=5;tlb_dynamic_lb=0"],
    ["packets_per_slave=0", "balance-rr", "miimon=100;packets_per_slave=0"],
    [
      "ad_actor_system=02:00:00:00:00:0A;lacp_active=0",
      "802.3ad",
      "miimon=100;lacp_active=off;ad_actor_system=02:00:00:00:00:0a",
    ],
    ["num_unsol_na=5;peer_notify_delay=1000", "active-backup", "miimon=100;peer_notif_delay=1000;num_grat_arp=5"],
    ["min_links=2", "802.3ad", "miimon=100;min_links=2"],
  ])("%j in %s sets %s", (text, mode, settings) => {
    expect(parse(text, mode)).toEqual({ settings, problems: [], warnings: [] });
  });
});

describe("what is refused", () => {
  test.each<[string, BondMode, string]>([
    ["mode=1", "balance-rr", "mode can't be given here: set bond.mode"],
    ["prio=1", "active-backup", "prio can't be given here: it belongs to a single slave, which ifacer does not set"],
    ["mimon=100", "balance-rr", 'there is no option "mimon"; did you mean "miimon"?'],
    ["miimon=1;miimon=1", "balance-rr", "miimon is given twice"],
    ["updelay=100;up_delay=100", "balance-rr", "updelay and up_delay are the same option, give one of them"],
    [
      "num_grat_arp=1;num_unsol_na=1",
      "active-backup",
      "num_grat_arp and num_unsol_na are the same option, give one of them",
    ],
    ["miimon=2147483648", "balance-rr", 'miimon: got "2147483648", allowed 0 to 2147483647 ms'],
    ["lp_interval=0", "balance-tlb", 'lp_interval: got "0", allowed 1 to 2147483647 s'],
    ["primary=eth2", "active-backup", 'primary: got "eth2", allowed one of eth0, eth1; did you mean "eth0"?'],
    [
      "primary=eth0",
      "balance-rr",
      "primary does not work in mode 0 (balance-rr), only in 1 (active-backup), 5 (balance-tlb), 6 (balance-alb)",
    ],
    ["lacp_rate=fast", "active-backup", "lacp_rate does not work in mode 1 (active-backup), only in 4 (802.3ad)"],
    ["ad_select=count", "balance-rr", "ad_select does not work in mode 0 (balance-rr), only in 4 (802.3ad)"],
    [
      "packets_per_slave=2",
      "balance-xor",
      "packets_per_slave does not work in mode 2 (balance-xor), only in 0 (balance-rr)",
    ],
    [
      "tlb_dynamic_lb=0",
      "802.3ad",
      "tlb_dynamic_lb does not work in mode 4 (802.3ad), only in 5 (balance-tlb), 6 (balance-alb)",
    ],
    [
      "arp_interval=100;arp_ip_target=192.0.2.1",
      "802.3ad",
      "arp_ip_target does not work in mode 4 (802.3ad), only in 0 (balance-rr), 1 (active-backup), 2 (balance-xor), 3 (broadcast)",
    ],
    [
      "miimon=100;arp_interval=100",
      "active-backup",
      "miimon and arp_interval exclude each other: give one of them, or set the other to 0",
    ],
    ["arp_interval=100;updelay=200", "active-backup", "updelay needs miimon, which is not given"],
    ["miimon=0;downdelay=0", "active-backup", "downdelay needs miimon, which is 0"],
    ["arp_interval=100;peer_notif_delay=5", "active-backup", "peer_notif_delay needs miimon, which is not given"],
    ["arp_validate=all", "active-backup", "arp_validate needs arp_interval, which is not given"],
  ])("%j in %s: %s", (text, mode, message) => {
    expect(parse(text, mode).problems).toContain(message);
  });

  test("one mistake is told once, not by what follows from it", () => {
    expect(parse("miimon=fast;updelay=200", "active-backup").problems).toHaveLength(1);
    expect(parse("arp_interval=1s;arp_validate=all;arp_ip_target=192.0.2.1", "active-backup").problems).toHaveLength(1);
    expect(parse("arp_interval=1;arp_ip_target=x", "active-backup").warnings).toEqual([]);
  });

  test("all mistakes are told at once", () => {
    expect(parse("mimon=1;lacp_rate=2;primary=eth0;arp_interval=100;miimon=100", "802.3ad").problems).toHaveLength(5);
  });
});

/** A value of each option that its rule allows and that is not its default. */
const samples: Record<string, string> = {
  arp_ip_target: "192.0.2.1",
  ns_ip6_target: "2001:db8::1",
  ad_actor_system: "02:00:00:00:00:01",
  primary: "eth0",
  active_slave: "eth0",
};

function sample(row: (typeof bondOptions)[number]): string {
  if (row.rule.kind === "number") return String(Math.max(row.rule.min, 100));
  if (row.rule.kind === "switch") return row.default === row.rule.off ? row.rule.on : row.rule.off;
  return row.rule.kind === "choice" ? (row.rule.words[1] ?? "") : (samples[row.name] ?? "");
}

describe("each row of the table", () => {
  const context = { interfaces, path: "bond.options" };
  const misplaced = bondOptions.flatMap((row) =>
    bondModes
      .filter((mode) => row.modes && !row.modes.only.includes(mode))
      .map((mode): [string, BondMode, typeof row] => [row.name, mode, row]),
  );
  test.each(misplaced)(
    "%s out of place in mode %s is an error, or a warning where the driver takes it",
    (_, mode, row) => {
      const { problems, warnings } = parseBondOptions(`${row.name}=${sample(row)}`, { mode, ...context });
      const told = row.modes?.elsewhere === "no-effect" ? warnings : problems;
      expect(told.map(({ message }) => message).join("\n")).toMatch(`${row.name} does`);
    },
  );

  const needy = bondOptions.filter((row) => row.needs).map((row): [string, typeof row] => [row.name, row]);
  test.each(needy)("%s without what it needs is an error, or a warning where the driver takes it", (_, row) => {
    const other = row.needs?.option === "miimon" ? "arp_interval=100;arp_ip_target=192.0.2.1" : "miimon=100";
    const text = row.name === "arp_ip_target" ? "arp_ip_target=192.0.2.1" : `${other};${row.name}=${sample(row)}`;
    const { problems, warnings } = parseBondOptions(text, { mode: "active-backup", ...context });
    const told = row.needs?.otherwise === "no-effect" ? warnings : problems;
    expect(told.map(({ message }) => message).join("\n")).toContain(row.needs?.option ?? "");
  });
});

describe("what is warned of", () => {
  test.each<[string, BondMode, string]>([
    [
      "primary=eth0;arp_interval=1",
      "active-backup",
      "arp_interval without arp_ip_target or ns_ip6_target asks nobody: link failures go unnoticed",
    ],
    ["updelay=150", "802.3ad", "updelay=150 is no multiple of miimon=100, the driver makes it 100"],
    ["miimon=100;downdelay=99", "802.3ad", "downdelay=99 is no multiple of miimon=100, the driver makes it 0"],
    [
      "miimon=0",
      "active-backup",
      "miimon=0 without arp_interval: nothing watches the links, the bond never fails over",
    ],
    ["arp_ip_target=192.0.2.1", "active-backup", "arp_ip_target does nothing without arp_interval"],
    ["fail_over_mac=active", "802.3ad", "fail_over_mac does nothing in mode 4 (802.3ad), only in 1 (active-backup)"],
    [
      "xmit_hash_policy=layer3+4",
      "active-backup",
      "xmit_hash_policy does nothing in mode 1 (active-backup), only in 2 (balance-xor), 4 (802.3ad), 5 (balance-tlb)",
    ],
    [
      "active_slave=eth0;updelay=200",
      "active-backup",
      "active_slave is refused by the driver while updelay runs, which is when it is set: use primary",
    ],
    ["min_links=3", "802.3ad", "min_links=3 with 2 interfaces: the bond never has carrier"],
  ])("%j in %s: %s", (text, mode, message) => {
    expect(parse(text, mode)).toMatchObject({ problems: [], warnings: [message] });
  });

  test("a rounded delay is set as the driver has it, so that it compares with what is read back", () => {
    expect(parse("updelay=250;peer_notif_delay=99", "active-backup").settings).toBe(
      "miimon=100;updelay=200;peer_notif_delay=0",
    );
  });
});

test.each([
  ["lacp_rate", "fast", "lacp_rate fast"],
  ["peer_notif_delay", "100", "peer_notify_delay 100"],
  ["arp_ip_target", "192.0.2.1,192.0.2.2", "arp_ip_target 192.0.2.1,192.0.2.2"],
  ["use_carrier", "0", "use_carrier 0"],
  ["lacp_active", "off", "lacp_active off"],
])("%s=%s is for ip: %s", (name, value, words) => {
  expect(bondOptionWords({ name, value }).join(" ")).toBe(words);
});

describe("values of an existing bond", () => {
  // As iproute2 6.1 prints them.
  const infoData = {
    mode: "802.3ad",
    miimon: 100,
    peer_notify_delay: 0,
    use_carrier: 1,
    arp_ip_target: ["192.0.2.1", "192.0.2.2"],
    ns_ip6_target: ["2001:db8::1"],
    arp_validate: null,
    num_peer_notif: 1,
    ad_lacp_active: "on",
    ad_lacp_rate: "slow",
    ad_actor_system: "00:00:00:00:00:00",
    tlb_dynamic_lb: 1,
    coupled_control: true,
    broadcast_neighbor: false,
  };
  test.each([
    ["miimon", "100"],
    ["peer_notif_delay", "0"],
    ["use_carrier", "1"],
    ["arp_ip_target", "192.0.2.1,192.0.2.2"],
    ["ns_ip6_target", "2001:db8::1"],
    ["arp_validate", "none"],
    ["num_grat_arp", "1"],
    ["lacp_active", "on"],
    ["lacp_rate", "slow"],
    ["ad_actor_system", "00:00:00:00:00:00"],
    ["tlb_dynamic_lb", "1"],
    ["coupled_control", "on"],
    ["broadcast_neighbor", "off"],
    ["primary", undefined],
    ["active_slave", undefined],
    ["lacp_strict", undefined],
  ])("%s is %p", (name, value) => {
    expect(currentBondValue(infoData, name)).toBe(value);
  });
});

test("whatever the text: nothing is thrown, no word can mean something else to ip, and reading the settings again changes nothing", () => {
  const names = bondOptions.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  const words = bondOptions.flatMap(({ rule }) => (rule.kind === "choice" ? rule.words : []));
  const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names, "mode") }, fc.string());
  const value = fc.oneof(
    fc.nat(70000).map(String),
    fc.constantFrom(...words, "on", "off", "eth0", "192.0.2.1,192.0.2.2", '["192.0.2.1"]', "2001:db8::1", "0", "1"),
    fc.string(),
  );
  const part = fc.tuple(key, value).map(([left, right]) => `${left}=${right}`);
  const text = fc.oneof(
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join(";")),
    fc.string(),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...bondModes), (options, mode) => {
      const { settings, problems } = parseBondOptions(options, { mode, interfaces, path: "bond.options" });
      for (const word of settings.flatMap(bondOptionWords)) expect(word).toMatch(/^[a-z0-9][a-z0-9_+:.,]*$/);
      if (problems.length > 0) return;
      const again = settings.map((setting) => `${setting.name}=${setting.value}`).join(";");
      expect(parseBondOptions(again, { mode, interfaces, path: "bond.options" })).toMatchObject({ settings, problems });
    }),
    { numRuns: 500 },
  );
});
