import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Environment, namespace } from "../harness.ts";
import { call, ends, lookSoon, makePod, makeSite, routes, settle } from "./path.ts";

/**
 * An `ip` whose run of changes number `$AT_RUN` does so many lines and then fails, or kills who has started it. The first run is the
 * node's, the second one the Pod's.
 */
const script = `#!/bin/bash
ip=${Bun.which("ip", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" })}
folder=\${0%/*}
case " $* " in
*" -force "*) exec $ip "$@" ;;
*" -batch "*)
  run=$(($(cat $folder/runs 2>/dev/null) + 1))
  echo $run >$folder/runs
  ((run == AT_RUN)) || exec $ip "$@"
  mapfile -t lines
  ((AT_LINE == 0)) || printf '%s\\n' "\${lines[@]:0:$AT_LINE}" | $ip "$@" >/dev/null
  [[ $HOW == kill ]] && kill -9 $PPID
  echo "Command failed -:$((AT_LINE + 1))" >&2
  exit 1 ;;
esac
exec $ip "$@"
`;

function stoppingIp(run: number, line: number, how: "fail" | "kill"): { env: Environment } & Disposable {
  const folder = mkdtempSync("/tmp/ifacer-ip-");
  writeFileSync(`${folder}/ip`, script);
  chmodSync(`${folder}/ip`, 0o755);
  return {
    env: { PATH: `${folder}:${process.env["PATH"]}`, AT_RUN: String(run), AT_LINE: String(line), HOW: how },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Each step at which the work may stop: of the node's run and of the Pod's, the number of lines that are done. */
const steps = [
  ...Array.from({ length: 8 }, (_, line) => [1, line] as const),
  ...Array.from({ length: 15 }, (_, line) => [2, line] as const),
];

/** The steps are dealt out to so many tests, as each of them takes a second or two. */
const parts = [0, 1, 2, 3] as const;
const deal = (all: readonly (readonly [number, number])[], part: number) =>
  all.filter((_, index) => index % parts.length === part);

test.each(parts)(
  "what fails at any step is undone in both places: part %d",
  async (part) => {
    await using site = await makeSite();
    const { node } = site;
    await using made = await makePod(site);
    const { pod, prevResult } = made;
    await settle(pod);
    const entry = { nodePath: { routes, macPrefix: "0a:1b" }, prevResult };
    const before = await lookSoon(node, pod);
    // After the last line all is there, and ip's status no failure.
    const failing = steps.filter(([run, line]) => line < (run === 1 ? 7 : 13));
    for (const [run, line] of deal(failing, part)) {
      using ip = stoppingIp(run, line, "fail");
      const { status, json } = await call({ node, pod }, "ADD", entry, { env: ip.env });
      expect([run, line, status, json?.code, json?.msg.includes("all was undone")]).toEqual([run, line, 1, 103, true]);
      expect([run, line, await lookSoon(node, pod, before)]).toEqual([run, line, before]);
    }
  },
  200_000,
);

test.each(parts)(
  "what is killed at any step is finished by the next ADD, and cleaned up by DEL: part %d",
  async (part) => {
    await using site = await makeSite();
    const { node } = site;
    await using made = await makePod(site);
    const { pod, prevResult } = made;
    await settle(pod);
    const config = { nodePath: { routes }, prevResult };
    const before = await lookSoon(node, pod);
    for (const [index, [run, line]] of deal(steps, part).entries()) {
      using ip = stoppingIp(run, line, "kill");
      const { status } = await call({ node, pod }, "ADD", config, { env: ip.env });
      expect([run, line, status]).toEqual([run, line, 137]);
      if (index % 2 === 0) {
        const again = await call({ node, pod }, "ADD", config);
        expect([run, line, again.status, again.stdout.slice(0, again.status * 999)]).toEqual([run, line, 0, ""]);
        const check = await call({ node, pod }, "CHECK", config);
        expect([run, line, check.stdout]).toEqual([run, line, ""]);
      }
      expect(await call({ node, pod }, "DEL", config)).toMatchObject({ status: 0, stdout: "", stderr: "" });
      expect([run, line, await lookSoon(node, pod, before)]).toEqual([run, line, before]);
    }
  },
  200_000,
);

test("fifty Pods at once: each gets its own way, and nobody disturbs another", async () => {
  await using site = await makeSite();
  const { node } = site;
  const before = await lookSoon(node, node);
  const pods = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const pod = await namespace();
      const address = `192.0.2.${100 + index}`;
      await node.ip(`link add link ens192 name mv${index} type macvlan mode bridge`);
      await node.ip(`link set dev mv${index} netns ${pod.name} name eth0`);
      await pod.ip("link set dev eth0 up");
      await pod.ip(`address add ${address}/24 dev eth0`);
      const prevResult = {
        cniVersion: "1.0.0",
        interfaces: [{ name: "eth0", sandbox: pod.path }],
        ips: [{ address: `${address}/24`, interface: 0 }],
      };
      return { pod, address, env: { CNI_CONTAINERID: `pod-${index}` }, entry: { nodePath: {}, prevResult } };
    }),
  );
  const answers = await Promise.all(pods.map(({ pod, env, entry }) => call({ node, pod }, "ADD", entry, { env })));
  expect(answers.map(({ status, stderr }) => `${status}${stderr}`)).toEqual(pods.map(() => "0"));
  expect((await ends(node)).length).toBe(50);
  for (const { address } of [pods[0], pods[49]].flatMap((pod) => pod ?? [])) {
    const [route] = await node.json(`route show exact ${address}`);
    expect(route).toMatchObject({ prefsrc: "192.0.2.1" });
  }
  const deleted = await Promise.all(
    pods.map(({ pod, env, entry }, index) =>
      call({ node, pod }, "DEL", entry, { env: index % 2 === 0 ? env : { ...env, CNI_NETNS: "" } }),
    ),
  );
  expect(deleted.map(({ status, stderr }) => `${status}${stderr}`)).toEqual(pods.map(() => "0"));
  for (const { pod } of pods) await pod[Symbol.asyncDispose]();
  expect(await lookSoon(node, node, before)).toBe(before);
}, 240_000);
