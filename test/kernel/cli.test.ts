import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { executable, type Namespace, namespace, seeingOnly } from "./harness.ts";
import { photograph } from "./node.ts";

const folder = mkdtempSync(`${tmpdir()}/ifacer-cli-`);
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with a config in it, as an operator has it. */
function file(name: string, config: object): string {
  const path = `${folder}/${name}`;
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function conflist(entry: object, ...followers: object[]): object {
  return { cniVersion: "1.0.0", name: "net", plugins: [{ type: "ifacer", ...entry }, ...followers] };
}

/** NICs with MACs of their own that are up, as on a node. */
async function nodeWith(...nics: string[]): Promise<Namespace> {
  const ns = await namespace();
  for (const [index, nic] of nics.entries()) {
    await ns.ip(`link add name ${nic} address 02:00:00:00:00:0${index + 1} type dummy`);
    await ns.ip(`link set dev ${nic} up`);
  }
  return ns;
}

/** Runs a command of ifacer inside and returns what it wrote, with the folder's name taken out. */
async function run(
  ns: Namespace,
  words: string,
  env: Record<string, string | undefined> = {},
  before: readonly string[] = [],
) {
  const { status, stdout, stderr } = await ns.run([...before, executable, ...words.split(" ")], {
    env: { CNI_COMMAND: undefined, COLUMNS: undefined, ...env },
  });
  const shown = (text: string) => text.replaceAll(`${folder}/`, "");
  return { status, stdout: shown(stdout), stderr: shown(stderr) };
}

const options = "miimon=50;primary=ens160";
const bondVlan = { interfaces: ["ens192", "ens160"], vlanID: 100, bond: { name: "bond0", mode: 1, options } };

/** What `plan` shows for it where there are but the NICs, less the words before the colons. */
const planned = `net.json: plugins[0]: 6 changes, ADD would make them
  warning: plugins[1]: macvlan: its master is bond0, but what ifacer makes for it is bond0.100
  change: the bond bond0 is missing
    ip link add name bond0 mtu 1500 address 02:00:00:00:00:01 type bond mode active-backup miimon 50 primary ens160
    ip link set dev bond0 alias ifacer
  change: ens192 is not a slave of bond0
`;

describe("plan and apply", () => {
  test("show the ip lines, do what they show, and then find all in place", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const net = file("net.json", conflist(bondVlan, { type: "macvlan", master: "bond0" }));
    const before = await photograph(ns);
    const plan = await run(ns, `plan -f ${net}`);
    expect([plan.status, plan.stderr, plan.stdout]).toEqual([0, "", expect.stringContaining(planned)]);
    expect(await photograph(ns)).toBe(before);

    const applied = await run(ns, `apply -f ${net} --yes`);
    expect([applied.status, applied.stderr]).toEqual([0, ""]);
    expect(applied.stdout).toBe(
      [
        `${plan.stdout}made the bond bond0 with mode active-backup`,
        "made ens192 a slave of bond0",
        "made ens160 a slave of bond0",
        "set bond0 up",
        "made the VLAN bond0.100 with id 100 on bond0",
        "set bond0.100 up",
        "done\n",
      ].join("\n"),
    );
    expect((await run(ns, `apply -f ${net} --yes`)).stdout).toEndWith(
      "all is in place\n  warning: plugins[1]: macvlan: its master is bond0, but what ifacer makes for it is bond0.100\nnothing is to be done\n",
    );
  });

  test("the ip lines of a plan, run by hand, make what ADD would make", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const net = file("net.json", conflist(bondVlan));
    const { version, possible, entries } = JSON.parse((await run(ns, `plan -f ${net} -o json`)).stdout);
    expect([version, possible, entries[0].conflicts]).toEqual([1, true, []]);
    for (const { commands } of entries[0].changes) {
      for (const command of commands) await ns.ip(command.replace(/^ip /, ""));
    }
    expect((await run(ns, `plan -f ${net}`)).stdout).toBe("net.json: plugins[0]: all is in place\n");
  });

  test("ask on a terminal, and take only a yes for a yes", async () => {
    await using ns = await nodeWith("ens192");
    const net = file("vlan.json", conflist({ interfaces: ["ens192"], vlanID: 7 }));
    const answer = (word: string) =>
      ns.run(["script", "-qec", `${executable} apply -f ${net}`, "/dev/null"], {
        stdin: `${word}\n`,
        env: { CNI_COMMAND: undefined, COLUMNS: undefined, NO_COLOR: undefined, TERM: "xterm" },
      });
    const no = await answer("y");
    expect([no.status, no.stdout]).toEqual([1, expect.stringContaining("Do this? Only 'yes' is taken for a yes: ")]);
    expect(no.stdout).toContain("nothing was done");
    expect(no.stdout).toContain("\x1b[1mip link set dev ens192.7 up\x1b[22m");
    const yes = await answer("yes");
    expect([yes.status, yes.stdout]).toEqual([
      0,
      expect.stringContaining("made the VLAN ens192.7 with id 7 on ens192"),
    ]);
    await ns.ip("link show dev ens192.7");
  });

  test("do nothing at all where one of several configs has a conflict", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("address add 192.0.2.1/24 dev ens160");
    const before = await photograph(ns);
    const good = file("good.json", conflist({ interfaces: ["ens192"], vlanID: 7 }));
    const bad = file("bad.json", conflist(bondVlan));
    const missing = file("missing.json", conflist({ interfaces: ["ens999"], vlanID: 7 }));
    const { status, stdout } = await run(ns, `apply --yes -f ${good} -f ${bad} -f ${missing}`);
    expect([status, stdout.split("\n").filter((line) => !line.startsWith("    "))]).toEqual([
      1,
      [
        "good.json: plugins[0]: 2 changes, ADD would make them",
        "  change: the VLAN ens192.7 with id 7 on ens192 is missing",
        "  change: ens192.7 is down",
        "bad.json: plugins[0]: 1 conflict, ADD would fail and touch nothing",
        expect.stringMatching(/^ {2}conflict: ens160 has the address 192.0.2.1\/24: /),
        "  change: the bond bond0 is missing",
        "  change: ens192 is not a slave of bond0",
        "  change: ens160 is not a slave of bond0",
        "  change: bond0 is down",
        "  change: the VLAN bond0.100 with id 100 on bond0 is missing",
        "  change: bond0.100 is down",
        "missing.json: plugins[0]: 1 conflict, ADD would fail and touch nothing",
        expect.stringMatching(/^ {2}conflict: the interface ens999 is not on this node/),
        "nothing was done",
        "",
      ],
    ]);
    expect(await photograph(ns)).toBe(before);
  });

  test("--update brings in line what the kernel takes live, and says what it can't", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    expect((await run(ns, `apply --yes -f ${file("net.json", conflist(bondVlan))}`)).status).toBe(0);
    await ns.ip("link set dev bond0 type bond miimon 200");
    const bond = { ...bondVlan.bond, options: `${options};fail_over_mac=active;num_grat_arp=3` };
    const net = file("net.json", conflist({ ...bondVlan, mtu: 1400, bond }));
    const { status, stdout } = await run(ns, `apply --yes --update -f ${net}`);
    expect([status, stdout.split("\n").filter((line) => !line.startsWith("  drift: "))]).toEqual([
      0,
      [
        "net.json: plugins[0]: all is in place",
        expect.stringMatching(/^ {2}update: miimon of bond0 to 50; it interrupts: /),
        "    ip link set dev bond0 type bond miimon 50",
        expect.stringMatching(/^ {2}update: fail_over_mac of bond0 to active: not done, /),
        "  update: num_grat_arp of bond0 to 3; it interrupts: nothing",
        "    ip link set dev bond0 type bond num_grat_arp 3",
        expect.stringMatching(/^ {2}update: mtu of bond0 to 1400; it interrupts: /),
        "    ip link set dev bond0 mtu 1400",
        expect.stringMatching(/^ {2}update: mtu of bond0.100 to 1400; it interrupts: /),
        "    ip link set dev bond0.100 mtu 1400",
        "set miimon of bond0 from 200 to 50",
        "set num_grat_arp of bond0 from 1 to 3",
        "set mtu of bond0 from 1500 to 1400",
        "set mtu of bond0.100 from 1500 to 1400",
        "done",
        "",
      ],
    ]);
    const [seen] = await ns.json("-d link show dev bond0");
    expect(seen).toMatchObject({
      mtu: 1400,
      linkinfo: { info_data: { miimon: 50, num_peer_notif: 3, fail_over_mac: "none" } },
    });
    expect((await run(ns, `plan -f ${net}`)).stdout).toBe(
      "net.json: plugins[0]: all is in place\n  drift: bond0 has fail_over_mac none, the config wants active; ADD leaves it alone\n",
    );
  });
});

describe("apply --update where ip fails after the plan was carried out", () => {
  /** Looks are well until changes were made, and one more. */
  const failingIp = `#!/bin/sh
case $1 in
-batch) touch $FLAG ;;
*) if [ -e $FLAG ]; then [ ! -e $FLAG.2 ] || exit 1; touch $FLAG.2; fi ;;
esac
exec ${Bun.which("ip", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` })} "$@"
`;

  test("still tells what was made", async () => {
    await using ns = await nodeWith("ens192");
    const net = file("net.json", conflist({ interfaces: ["ens192"], vlanID: 7 }));
    const [bin, flag] = [mkdtempSync(`${folder}/bin-`), `${folder}/flag`];
    writeFileSync(`${bin}/ip`, failingIp, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env["PATH"]}`, FLAG: flag };
    const { status, stdout } = await run(ns, `apply --yes --update -f ${net}`, env);
    expect([status, stdout.split("\n").slice(-5)]).toEqual([
      1,
      [
        "made the VLAN ens192.7 with id 7 on ens192",
        "set ens192.7 up",
        expect.stringMatching(/^refused: net.json: plugins\[0\]: 'ip .*' can't look at the links of this node/),
        "not all was done",
        "",
      ],
    ]);
  });
});

describe("looking at the node", () => {
  test("status: the tree down to the Pods, its problems, and the same for programs", async () => {
    await using ns = await nodeWith("ens192", "ens160", "enp175s0f0np0");
    await using pod = await namespace();
    const net = file("net.json", conflist(bondVlan));
    const long = file("long.json", conflist({ interfaces: ["enp175s0f0np0"], vlanID: 1000 }));
    expect((await run(ns, `apply --yes -f ${net} -f ${long}`)).status).toBe(0);
    await ns.ip("link add link bond0.100 name net1 type macvlan mode bridge");
    await ns.ip(`link set dev net1 netns ${pod.name}`);
    await ns.ip("link set dev ens160 down");
    await ns.run(["sh", "-c", "until ip link show dev bond0 | grep -q LOWER_UP; do sleep 0.1; done"]);

    const look = (words: string) => run(ns, words, {}, seeingOnly(pod));
    const { status, stdout, stderr } = await look(`status -f ${net}`);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`ens192: dummy, up, MTU 1500, active in bond0
ens160: dummy, down, MTU 1500, failed slave of bond0, link failures 1
│   ! the slave ens160 is down: 'ip link set dev ens160 up', or let ADD do it
└─ bond0: bond active-backup, up, active slave ens192, miimon 50 ms, MTU 1500, made by ifacer
   │   ! bond0 has one slave that works: nothing takes over if it fails
   └─ bond0.100: VLAN 100, up, MTU 1500, made by ifacer
      └─ net1: macvlan bridge in the Pod's namespace ${pod.name}, down, MTU 1500

enp175s0f0np0: dummy, up, MTU 1500
└─ v1000-51f34n531 (also enp175s0f0np0.1000): VLAN 1000, up, MTU 1500, made by ifacer

net.json: plugins[0]: 1 change, ADD would make it
  change: ens160 is down
    ip link set dev ens160 up

2 problems, marked with '!'
`);
    const json = JSON.parse((await look("status -o json")).stdout);
    expect(json).toMatchObject({ version: 1 });
    const byName = new Map<string, object>(json.links.map((link: { name: string }) => [link.name, link]));
    expect(byName.get("bond0")).toMatchObject({
      kind: "bond",
      madeByIfacer: true,
      bond: { mode: "active-backup", activeSlave: "ens192", miimon: 50 },
      problems: ["bond0 has one slave that works: nothing takes over if it fails"],
    });
    expect(byName.get("net1")).toMatchObject({ kind: "macvlan", namespace: pod.name, parent: "bond0.100" });
    expect((await look("status --mermaid")).stdout).toContain("<br>macvlan bridge in the Pod's namespace ");

    // The links are known by their alias, the slaves by their bond.
    const { stdout: dropIn } = await look("doctor --network-manager");
    const names = ["bond0", "bond0.100", "v1000-51f34n531", "ens192", "ens160"];
    expect(dropIn).toEndWith(`unmanaged-devices+=${names.map((name) => `interface-name:=${name}`).join(";")}\n`);
  });

  test("nics: whether ifacer would take them, and what speaks against it", async () => {
    await using ns = await nodeWith("ens192", "ens160", "ens224");
    await ns.ip("address add 192.0.2.1/24 dev ens192");
    await ns.ip("link add link ens160 name ens160.9 type vlan id 9");
    const { status, stdout, stderr } = await run(ns, "nics");
    expect([status, stderr, stdout.split("\n")]).toEqual([
      0,
      "",
      [
        "ens192: up, speed unknown, MTU 1500",
        "  driver dummy, MAC 02:00:00:00:00:01",
        "  addresses 192.0.2.1/24, fe80::ff:fe00:1/64",
        "  slave: no, ifacer would not take it",
        expect.stringMatching(/^ {4}ens192 has the address 192.0.2.1\/24: move it to the bond/),
        "",
        "ens160: up, speed unknown, MTU 1500",
        "  driver dummy, MAC 02:00:00:00:00:02",
        "  addresses fe80::ff:fe00:2/64",
        "  slave: no, ifacer would not take it",
        expect.stringMatching(/^ {4}ens160 has the VLAN ens160.9 on top/),
        "",
        "ens224: up, speed unknown, MTU 1500",
        "  driver dummy, MAC 02:00:00:00:00:03",
        "  addresses fe80::ff:fe00:3/64",
        "  slave: yes, ifacer would take it",
        "",
      ],
    ]);
    const json = JSON.parse((await run(ns, "nics -o json")).stdout);
    expect(json.nics[2]).toEqual({
      name: "ens224",
      altNames: [],
      driver: null,
      pciAddress: null,
      speed: null,
      mac: "02:00:00:00:00:03",
      permanentMAC: "02:00:00:00:00:03",
      up: true,
      carrier: true,
      mtu: 1500,
      maxMTU: null,
      master: null,
      addresses: ["fe80::ff:fe00:3/64"],
      enslavable: true,
      obstacles: [],
    });
  });

  test("doctor: nothing would stop ifacer here; a NIC that is not there does", async () => {
    await using ns = await nodeWith("ens192");
    const healthy = await run(ns, "doctor");
    expect([healthy.status, healthy.stderr]).toEqual([0, ""]);
    expect(healthy.stdout).toEndWith("nothing would stop ifacer here\n");
    const net = file("net.json", conflist(bondVlan));
    const missing = await run(ns, `doctor -f ${net}`);
    expect([missing.status, missing.stdout]).toEqual([
      1,
      expect.stringContaining("\nbad      net.json: plugins[0]: the interface ens160 is not on this node"),
    ]);
    expect((await run(ns, `doctor --networkd -f ${net}`)).stdout).toContain(
      "Name=bond0\nName=ens192\nName=ens160\nName=bond0.100\n",
    );
    expect(await run(ns, "doctor --networkd")).toEqual({
      status: 1,
      stdout: "",
      stderr: "ifacer: ifacer has made no link on this node yet: name the configs with -f\n",
    });
  });

  test("doctor: whether NetworkManager or networkd has a hand on ifacer's links, by what they say of them", async () => {
    await using ns = await nodeWith("ens192");
    await ns.ip("link add link ens192 name ens192.7 type vlan id 7");
    await ns.ip("link add link ens192 name ens192.8 type vlan id 8");
    for (const vlan of ["ens192.7", "ens192.8"]) await ns.ip(`link set dev ${vlan} alias ifacer`);
    // Two processes of these names, what NetworkManager's client says, and the files that networkd keeps of each link.
    writeFileSync(
      `${folder}/nmcli`,
      '#!/bin/sh\n[ "$8 $9" = "device show" ] || exit 2\necho >>$0.asked\nprintf "GENERAL.DEVICE:%s\\nGENERAL.NM-MANAGED:%s\\n\\n" ens192.7 no ens192.8 yes\n',
    );
    chmodSync(`${folder}/nmcli`, 0o755);
    for (const name of ["NetworkManager", "systemd-networkd"]) copyFileSync("/bin/sleep", `${folder}/${name}`);
    const script = `
      mount -t tmpfs run /run && mkdir -p /run/NetworkManager/devices /run/systemd/netif/links
      for vlan in ens192.7 ens192.8; do
        index=$(cat /sys/class/net/$vlan/ifindex)
        # Old words, as it keeps them.
        printf '[device]\\nmanaged=true\\n' >/run/NetworkManager/devices/$index
        printf 'ADMIN_STATE=unmanaged\\nOPER_STATE=carrier\\n' >/run/systemd/netif/links/$index
      done
      ${folder}/NetworkManager 60 >/dev/null & nm=$!
      ${folder}/systemd-networkd 60 >/dev/null & networkd=$!
      until grep -q ^systemd /proc/$networkd/comm && grep -q ^Network /proc/$nm/comm; do sleep 0.1; done
      PATH=${folder}:$PATH ${executable} doctor
      PATH=/usr/sbin:/sbin:/usr/bin:/bin ${executable} doctor | grep NetworkManager:
      kill $nm $networkd`;
    const { stdout } = await ns.run(["sh", "-c", script], { env: { CNI_COMMAND: undefined } });
    expect(stdout.split("\n").slice(-6)).toEqual([
      "doubtful NetworkManager: runs and manages ens192.8: it may change or release what it manages",
      "    remedy: 'ifacer doctor --network-manager --install -f FILE', then 'systemctl restart NetworkManager'",
      "good     systemd-networkd: runs, and leaves ifacer's links alone",
      "nothing would stop ifacer here",
      "doubtful NetworkManager: runs; what it manages can't be told without nmcli, it may take over links that ifacer makes",
      "",
    ]);
    expect(readFileSync(`${folder}/nmcli.asked`, "utf8")).toBe("\n");
  });

  test("doctor -f: asks what plan asks, and looks at the lock", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    await ns.ip("address add 192.0.2.1/24 dev ens160");
    const net = file("net.json", conflist(bondVlan));
    const used = await run(ns, `doctor -f ${net}`);
    expect([used.status, used.stdout]).toEqual([
      1,
      expect.stringContaining("\nbad      net.json: plugins[0]: ens160 has the address 192.0.2.1/24: "),
    ]);
    await ns.ip("address del 192.0.2.1/24 dev ens160");
    const before = await photograph(ns);
    const script = (run: string, then: string) =>
      ns.run(["sh", "-c", `mount -t tmpfs ${run} run /run && ${then}`], { env: { CNI_COMMAND: undefined } });
    const readOnly = await script("-o ro", `${executable} doctor -f ${net}`);
    expect([readOnly.status, readOnly.stdout]).toEqual([
      1,
      expect.stringMatching(/\nbad {6}lock: \/run\/ifacer\/netns-\d+\.lock can't be opened: EROFS/),
    ]);
    const lock =
      "mkdir /run/ifacer && lock=/run/ifacer/netns-$(stat -Lc %i /proc/self/ns/net).lock && exec 9>$lock && flock 9";
    const held = await script(
      "",
      `${lock} && ${executable} doctor; touch -d '-100 seconds' $lock; ${executable} doctor`,
    );
    expect(held.stdout).toMatch(/good {5}lock: \S+ is held by the process \d+ for \d+ s, an ADD at work\n/);
    expect(held.stdout).toMatch(/bad {6}lock: \S+ is held by the process \d+ for \d\d\d s\n {4}remedy: 'ps -fp \d+'/);
    const free = await script("", `${executable} doctor -f ${net} && ls /run`);
    expect([free.status, free.stdout]).toEqual([0, expect.stringContaining("nothing would stop ifacer here\n")]);
    expect(free.stdout).toEndWith("here\n");
    expect(await photograph(ns)).toBe(before);
  });
});

describe("nics on the README's example", () => {
  test("names the bond that a slave belongs to, and nothing else", async () => {
    await using ns = await nodeWith("ens192", "ens160");
    const [, example = ""] =
      /```json\n(.*?)```/s.exec(readFileSync(`${import.meta.dir}/../../README.md`, "utf8")) ?? [];
    const net = file("readme.json", JSON.parse(example));
    expect((await run(ns, `apply --yes -f ${net}`)).status).toBe(0);
    const { nics } = JSON.parse((await run(ns, "nics -o json")).stdout);
    for (const { name, obstacles } of nics) {
      expect([name, obstacles]).toEqual([name, [expect.stringContaining(`${name} belongs to bond0 (a bond), `)]]);
    }
  });
});

test("the node's policy: what it forbids is a conflict, and one that can't be read is bad", async () => {
  await using ns = await nodeWith("ens192", "eth0");
  const net = file("net.json", conflist({ interfaces: ["eth0"], vlanID: 7 }));
  const policy = JSON.stringify({ interfaces: { deny: ["eth0"] } });
  // Laid over /etc for this run only.
  const script = `
    mount -t tmpfs etc /etc && mkdir -m 755 /etc/ifacer && echo '${policy}' >/etc/ifacer/policy.json
    ${executable} plan -f ${net}; echo "status $?"
    ${executable} nics
    chmod 666 /etc/ifacer/policy.json
    ${executable} doctor`;
  const { stdout, stderr } = await ns.run(["sh", "-c", script], { env: { CNI_COMMAND: undefined } });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/: plugins\[0\]: 1 conflict, ADD would fail and touch nothing\n {2}conflict: .*eth0.*\n/);
  expect(stdout).toContain("\nstatus 1\n");
  expect(stdout).toMatch(/\nens192:(.*\n){3} {2}slave: yes/);
  expect(stdout).toMatch(/\neth0:(.*\n){3} {2}slave: no.*\n {4}.*\/etc\/ifacer\/policy\.json.*eth0/);
  expect(stdout).toMatch(/\nbad {6}node policy: nothing is allowed until .*0666.*\n {4}remedy: mend or remove /);
});
