import { expect, test } from "bun:test";
import { Glob } from "bun";
import { parseLine } from "../../src/observe/json.ts";
import { executable, run } from "../surroundings/start.ts";

const root = `${import.meta.dir}/../../src`;

/** What these read is nobody's link: configs, results, journals, peers, other nodes' answers, schemas. */
const others =
  /^(json|fleet\/gather|config\/values|convert\/chain|apply\/(readJournal|made)|cli\/commands\/schema|reach\/(peers|test))\.ts$/;

test("what iproute2 prints is read by one reader alone", async () => {
  const readers: string[] = [];
  for await (const path of new Glob("**/*.ts").scan(root)) {
    if (/JSON\.parse\(|\.json\(\)/.test(await Bun.file(`${root}/${path}`).text())) readers.push(path);
  }
  expect(readers.filter((path) => !others.test(path))).toEqual(["observe/json.ts"]);
});

test("a control character of a name or an alias is read as its escape", () => {
  expect(parseLine('[{"ifname":"a\u001b","ifalias":"\u0001\\n"}]')).toEqual([
    { ifname: "a\\u001b", ifalias: "\\u0001\n" },
  ]);
});

test("probe looks past links whose name or alias has a control character", async () => {
  const script = `
    esc=$(printf "\\033")
    ip link add name ens192 type veth peer name "x\${esc}y"
    ip link set dev ens192 alias "one\${esc}two"
    ip link set dev "x\${esc}y" up; ip link set dev ens192 up; ip address add 192.0.2.1/24 dev ens192
    exec ${executable} probe --dev ens192 --address 192.0.2.9 --timeout 0.3 -o json`;
  const { stdout, stderr } = await run(["unshare", "--net", "sh", "-c", script], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({ good: false, answers: [{ link: "ens192", address: "192.0.2.9" }] });
});
