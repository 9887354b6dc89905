/** What the usual call costs, the ADD that finds all in place: one run of `ip`, however many links the node has. */
import { describe, expect, test } from "bun:test";
import { type Asked, countAsking } from "../bench/asking.ts";
import { executable, forADD, run } from "../surroundings/start.ts";

const common = { cniVersion: "1.0.0", name: "net" };
const configs = {
  "a VLAN": { ...common, interfaces: ["nic0"], vlanID: 100 },
  "a bond and a VLAN": { ...common, interfaces: ["nic1", "nic2"], vlanID: 200, bond: { name: "bond9", mode: 1 } },
};

/** An ADD of each config twice in one namespace with that many links and VLANs of other ids; what the second ones ask. */
async function addAmong(links: number): Promise<Record<string, Asked>> {
  const lines = [
    ...[0, 1, 2].map((index) => `link add name nic${index} type dummy`),
    ...Array.from({ length: links }, (_, index) => `link add name l${index} type dummy`),
    ...Array.from(
      { length: links / 10 },
      (_, index) => `link add link l${index} name o${index} type vlan id ${300 + index}`,
    ),
  ];
  const holder = Bun.spawn(["unshare", "--net", "sleep", "infinity"], { stdio: ["ignore", "ignore", "ignore"] });
  try {
    const inside = ["nsenter", "--net", `--target=${holder.pid}`];
    while ((await namespaceOf(holder.pid)) === (await namespaceOf(process.pid))) await Bun.sleep(5);
    const made = await run([...inside, "ip", "-batch", "-"], {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      stdin: `${lines.join("\n")}\n`,
    });
    expect(made).toMatchObject({ status: 0, stderr: "" });
    const add = (config: object) => countAsking([executable], { env: forADD, stdin: JSON.stringify(config), inside });
    for (const config of Object.values(configs)) expect(add(config)).toMatchObject({ status: 0 });
    return Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, add(config)]));
  } finally {
    holder.kill("SIGKILL");
  }
}

async function namespaceOf(pid: number): Promise<string> {
  return (await run(["readlink", `/proc/${pid}/ns/net`])).stdout;
}

const few = await addAmong(10);
const many = await addAmong(1000);

describe.each(Object.keys(configs))("%s in place", (name) => {
  test("is one run of 'ip'", () => {
    expect(few[name]).toMatchObject({ status: 0, runs: 1 });
  });

  test("is asked for with less than ten lines and told in less than 10 kB", () => {
    expect(few[name]?.linesIn).toBeLessThan(10);
    expect(few[name]?.bytesOut).toBeLessThan(10_000);
  });

  test("is the same run among 1000 links and 100 other VLANs", () => {
    // The digits of an index or two are all that may differ.
    const { bytesOut, ...asked } = many[name] as Asked;
    const { bytesOut: bytesAmongFew, ...askedAmongFew } = few[name] as Asked;
    expect(asked).toEqual(askedAmongFew);
    expect(Math.abs(bytesOut - bytesAmongFew)).toBeLessThan(50);
  });
});
