/** Each example must be what a user can apply: valid, without a warning, and about what its name says. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const folder = join(root, "deploy/examples");
const made = { "vlan.yaml": "ens192.100", "bond.yaml": "bond0", "bond-vlan.yaml": "bond1.200" };

const inPods = { "pod-vlans.yaml": ["eth0.3", "eth0.4"] };

test("all examples are here", () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys({ ...made, ...inPods }).toSorted());
});

function validate(name: string) {
  const argv = [join(root, "dist/ifacer"), "validate", "-f", join(folder, name), "-o", "json"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { env: {}, cwd: "/" });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  return JSON.parse(stdout.toString());
}

test.each(Object.keys({ ...made, ...inPods }))("ifacer finds nothing to say against %s", (name) => {
  expect(JSON.stringify(validate(name))).not.toMatch(/"(problems|warnings)":\[[^\]]/);
});

test.each(Object.entries(inPods))("%s makes its links in the Pod", (name, links) => {
  const { entries } = validate(name);
  expect(entries).toMatchObject(links.map((link) => ({ place: "pod", links: [link] })));
});

describe.each(Object.entries(made))("%s", (name, master) => {
  test("the next plugin stands on what ifacer makes", async () => {
    const { spec } = Bun.YAML.parse(await Bun.file(join(folder, name)).text()) as { spec: { config: string } };
    const { plugins } = JSON.parse(spec.config) as { plugins: { type: string; master?: string }[] };
    expect(plugins.map(({ type }) => type)).toEqual(["ifacer", expect.stringMatching(/^(mac|ip)vlan$/)]);
    expect(plugins[1]?.master).toBe(master);
  });
});
