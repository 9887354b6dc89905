import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { executable, type Namespace, namespace } from "./harness.ts";
import { script } from "./pod.ts";

/** The blocks of commands in a document, in their order. */
function readBlocks(name: string): string[] {
  const text = readFileSync(`${import.meta.dir}/../../${name}`, "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
}

/** Programs of the node that a namespace has not. What they would print is given. */
const others: Readonly<Record<string, string>> = {
  systemctl: "",
  networkctl: "",
  // The log is what the Pod's own script says here.
  kubectl: `case "$*" in
"get nodes"*) echo node/worker-1 ;;
get*) cat net.yaml ;;
describe*) echo "Events:" ;;
logs*) sed 's|/config/||; /^exec sleep/d' preflight.sh | NODE_NAME=worker-1 sh | sed 's|^|[pod/ifacer-preflight-x7k2p/preflight] |' ;;
esac`,
};

const folder = mkdtempSync(`${tmpdir()}/ifacer-docs-`);
let node: Namespace;

beforeAll(async () => {
  node = await namespace();
  for (const nic of ["ens192", "ens160", "ens224"]) {
    await node.ip(`link add name ${nic} type dummy`);
    await node.ip(`link set dev ${nic} up`);
  }
  mkdirSync(`${folder}/bin`);
  mkdirSync(`${folder}/opt/cni/bin`, { recursive: true });
  for (const service of ["NetworkManager/conf.d", "systemd/network", "ifacer"])
    mkdirSync(`${folder}/etc/${service}`, { recursive: true });
  copyFileSync(executable, `${folder}/ifacer`);
  writeFileSync(`${folder}/preflight.sh`, script);
  for (const [name, script] of Object.entries(others)) {
    writeFileSync(`${folder}/bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(`${folder}/bin/${name}`, 0o755);
  }
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Runs a block as one script. The folders that it writes to are laid over the machine's, for this run only. */
async function runBlock(block: string) {
  const script = `mount --bind ${folder}/opt /opt && mount --bind ${folder}/etc /etc && cd ${folder} && export PATH=${folder}/bin:$PATH:/opt/cni/bin && set -eux\n${block}`;
  return await node.run(["sh", "-c", script], { env: { CNI_COMMAND: undefined } });
}

const blocks = ["docs/operations.md", "README.md"].flatMap((document) =>
  readBlocks(document).map((block) => [document, block.split("\n")[0] ?? "", block] as const),
);

test.each(blocks)("%s: %s", async (_, _first, block) => {
  const { status, stderr } = await runBlock(block);
  // With its trace, so that a failure tells which line it was.
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
});

test("what the commands left behind", async () => {
  expect(readFileSync(`${folder}/etc/NetworkManager/conf.d/90-ifacer.conf`, "utf8")).toEndWith(
    "[keyfile]\nunmanaged-devices+=interface-name:=bond0;interface-name:=ens192;interface-name:=ens160;interface-name:=bond0.100\n",
  );
  expect(readFileSync(`${folder}/etc/systemd/network/05-ifacer.network`, "utf8")).toEndWith(
    "[Match]\nName=bond0\nName=ens192\nName=ens160\nName=bond0.100\n\n[Link]\nUnmanaged=yes\n",
  );
  for (const schema of ["ifacer.schema.json", "policy.schema.json"]) {
    expect(JSON.parse(readFileSync(`${folder}/${schema}`, "utf8"))).toHaveProperty("$schema");
  }
});
