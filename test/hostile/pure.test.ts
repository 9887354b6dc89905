import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { writeLines } from "../../src/apply/lines.ts";
import { writeUndoLines } from "../../src/apply/undo.ts";
import { readCall, readRequest } from "../../src/cni/request.ts";
import { readConfig } from "../../src/config/read.ts";
import { CniError } from "../../src/error.ts";
import { bondModes, type Current, type Desired, type Link } from "../../src/model.ts";
import { askAbout } from "../../src/observe/questions.ts";
import { plan } from "../../src/plan/plan.ts";
import { link as plainLink } from "../link.ts";
import { configBytes, knownNames } from "./inputs.ts";
import { isSafeLine } from "./words.ts";

const env = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "pod1",
  CNI_NETNS: "/run/netns/none",
  CNI_IFNAME: "net1",
  CNI_PATH: "/usr/lib/cni",
};

/** What ADD makes of its input before it looks at the host; `undefined`: it refuses it, in words and with a code of ours. */
function read(bytes: Uint8Array): Desired | undefined {
  try {
    const request = readRequest(readCall(env), bytes);
    if (request.verb !== "ADD") throw new Error("not ADD");
    const reading = readConfig(request.config.body);
    if (reading.desired) return reading.desired;
    expect(reading.problems).not.toBeEmpty();
    for (const { message } of reading.problems) expect(message).toMatch(/^\S[^\n\0]*$/);
    expect([6, 7]).toContain(reading.code);
    return undefined;
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    expect([1, 6, 7]).toContain(error.code);
    expect(error.message).toMatch(/^\S[^\n\0]*$/);
    return undefined;
  }
}

/** Any host at all: links under the config's names and others, of any kind, on and under each other. */
function anyHostFor(desired: Desired): fc.Arbitrary<Current> {
  const wanted = [
    ...desired.interfaces,
    ...(desired.bond ? [desired.bond.name] : []),
    ...desired.vlans.flatMap(({ name, shortName }) => [name, ...(shortName ? [shortName] : [])]),
  ];
  const anyName = fc.constantFrom(...wanted, ...knownNames);
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const names = [...new Set(wanted)];
  const link = (name: string): fc.Arbitrary<Link> =>
    fc.record({
      index: fc.constant(names.indexOf(name) + 2),
      name: fc.constant(name),
      altNames: fc.array(anyName, { maxLength: 1 }),
      kind: maybe(fc.constantFrom("bond", "bond", "vlan", "vlan", "macvlan", "dummy", "bridge")),
      up: fc.boolean(),
      parentDown: fc.boolean(),
      mtu: fc.integer({ min: 68, max: 9000 }),
      mac: fc.constantFrom("02:00:00:00:00:01", "02:00:00:00:00:02"),
      maxMTU: fc.constantFrom(0, 1500, 65535),
      master: maybe(anyName),
      masterKind: maybe(fc.constantFrom("bond", "bridge", "vrf")),
      parent: maybe(anyName),
      alias: maybe(fc.constantFrom("ifacer", "of an admin\nlink delete dev lo")),
      vlan: maybe(
        fc.record({
          id: fc.constantFrom(5, ...desired.vlans.map(({ id }) => id)),
          protocol: fc.constantFrom("802.1Q", "802.1ad"),
        }),
      ),
      driverData: fc.oneof(
        fc.record({ mode: fc.constantFrom(...bondModes), miimon: fc.nat(200), primary: anyName }, { requiredKeys: [] }),
        fc.dictionary(fc.constantFrom("mode", "primary", "xmit_hash_policy", "flags"), fc.jsonValue()),
      ),
    });
  return fc
    .subarray(names, { minLength: Math.max(0, names.length - 3) })
    .chain((present) => fc.tuple(...present.map(link)))
    .chain((links) =>
      fc.record({
        links: fc.constant(links),
        vlans: fc.array(
          fc.record({ name: anyName, id: fc.constantFrom(5, ...desired.vlans.map(({ id }) => id)), parent: anyName }),
          {
            maxLength: 2,
          },
        ),
        uses: fc.constant(new Map()),
      }),
    );
}

const hostFor = (desired: Desired) => fc.oneof(plainHostFor(desired), anyHostFor(desired));

/** A host as one usually is: the NICs and nothing on them. */
function plainHostFor({ interfaces }: Desired): fc.Arbitrary<Current> {
  const nic = (name: string, index: number): fc.Arbitrary<Link> =>
    fc.boolean().map((up) => plainLink(index + 2, name, { up, mtu: 9000, mac: "02:00:00:00:00:01" }));
  return fc.tuple(...interfaces.map(nic)).map((links) => ({ links, vlans: [], uses: new Map() }));
}

function expectSafe(lines: readonly string[]): void {
  for (const line of lines) {
    if (!isSafeLine(line)) throw new Error(`not a line that ifacer may give to ip: ${JSON.stringify(line)}`);
  }
}

const runs = 20_000;

describe("whatever a config says", () => {
  test(`it is refused in words or read, and no word gets into a line for ip unseen: ${runs} configs, each on any host`, () => {
    const counts = { refused: 0, read: 0, changing: 0, conflicting: 0 };
    const configOnHost = configBytes.chain((bytes) => {
      const desired = read(bytes);
      return desired ? fc.tuple(fc.constant(desired), hostFor(desired), hostFor(desired)) : fc.constant(undefined);
    });
    fc.assert(
      fc.property(configOnHost, (found) => {
        if (found === undefined) {
          counts.refused++;
          return;
        }
        counts.read++;
        const [desired, current, later] = found;
        expectSafe(askAbout(desired, { vlans: current.vlans, depth: "use" }));
        expectSafe(askAbout(desired, { vlans: current.vlans, depth: "links" }));
        const { changes, conflicts } = plan(desired, current);
        expectSafe(changes.flatMap(writeLines));
        if (changes.length > 0) counts.changing++;
        if (conflicts.length > 0) counts.conflicting++;
        expectSafe(writeUndoLines(desired, { before: current, now: later }));
        for (const { message } of conflicts) expect(message).toMatch(/^\S[^\n\0]*$/);
      }),
      { numRuns: runs, includeErrorInReport: true },
    );
    console.log(`of ${runs} configs: ${JSON.stringify(counts)}`);
    // Else the inputs would be too hostile to find anything.
    expect(counts.read).toBeGreaterThan(runs / 10);
    expect(counts.changing).toBeGreaterThan(runs / 20);
  }, 120_000);
});

describe.each([["up"], ["type"], ["dev"], ["b"], ["lo"], ["name"], ["é"], ["$x"]])("a NIC called %s", (nic) => {
  test("is always named after a keyword", () => {
    const config = { cniVersion: "1.0.0", name: "n", interfaces: [nic, "ens160"], bond: { name: "master" }, vlanID: 5 };
    const desired = read(new TextEncoder().encode(JSON.stringify(config)));
    if (desired === undefined) throw new Error("refused");
    const nothing: Current = { links: [], vlans: [], uses: new Map() };
    expectSafe(askAbout(desired, { vlans: [], depth: "use" }));
    expect(plan(desired, nothing).conflicts[0]?.message).toContain(nic);
  });
});

describe("what is no line of ours", () => {
  test.each([
    ["link set dev a up; reboot"],
    ["link set dev a b up"],
    ["link set dev -x up"],
    ["link set dev a#b up"],
    ["link set dev 'a up"],
    ["link set a up"],
    ["link set dev a up\nlink delete dev b"],
    ["link set dev .. up"],
    ["address add 192.0.2.1/24 dev a"],
    ["link add name a mtu 1500 address 02:00:00:00:00:01 type bond mode 1 primary a b"],
    ["link add link a name b type vlan protocol 802.1Q id 5 dev c"],
  ])("%j", (line) => {
    expect(isSafeLine(line)).toBe(false);
  });
});
