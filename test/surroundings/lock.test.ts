import { expect, test } from "bun:test";
import { changing, executable, run, runScript, withNIC } from "./start.ts";

/** In a network namespace of one's own: a NIC, and `$lock` held by the process `$!`, flock(1) in place of another ifacer. */
const withHeldLock = `
  ${withNIC}
  lock=/run/ifacer/netns-$(stat -Lc %i /proc/self/ns/net).lock
  mkdir -p -m 700 /run/ifacer
  flock --exclusive --no-fork $lock sleep 60 &
  while flock --nonblock $lock true; do sleep 0.05; done`;

test("a lock held for ever: code 11 after 30 s with the holder's pid, and hardly any time of the CPU", async () => {
  const script = `
    ${withHeldLock}
    echo $! $lock >&2
    begin=$(date +%s%N)
    $ifacer
    echo $((($(date +%s%N) - begin) / 1000000)) >&2
    times >&2
    kill $!; rm $lock`;
  const { stdout, stderr } = await runScript(`exec unshare --net sh -c '${script}'`, { stdin: changing });
  const [pid, lock, elapsed, , , childUser = "", childSystem = ""] = stderr.split(/\s+/);
  expect(JSON.parse(stdout)).toMatchObject({
    code: 11,
    msg: `another ifacer has held the lock ${lock} for 30 s: try again later, or end it`,
    details: `held by pid ${pid}: see 'ps -fp ${pid}'`,
  });
  expect(Number(elapsed)).toBeWithin(30_000, 33_000);
  const seconds = (time: string) => Number(time.match(/m([\d.]+)s/)?.[1]);
  expect(seconds(childUser) + seconds(childSystem)).toBeLessThan(2);
}, 60_000);

test("a lock whose holder is killed, even with SIGKILL, is free at once", async () => {
  const script = `
    ${withHeldLock}
    { sleep 1; kill -9 $!; } &
    begin=$(date +%s%N)
    $ifacer >/dev/null
    echo $((($(date +%s%N) - begin) / 1000000)) >&2
    rm $lock`;
  const { stderr } = await runScript(`exec unshare --net sh -c '${script}'`, { stdin: changing });
  expect(Number(stderr.split("\n").findLast((line) => /^\d+$/.test(line)))).toBeWithin(900, 2000);
});

test("the ip that a killed ifacer leaves behind keeps the lock until it ends", async () => {
  // An ip that looks at once and takes its time for changes.
  const script = `
    ${withNIC}
    mkdir -p "$there"
    printf "%s\\n" "#!/bin/sh" "case \\$1 in -batch) exec sleep 2;; esac" "exec $(command -v ip) \\"\\$@\\"" >"$there/ip"
    chmod +x "$there/ip"
    echo "$config" | PATH=$there:$PATH $ifacer & victim=$!
    sleep 1; kill -9 $victim
    begin=$(date +%s%N)
    echo "$config" | $ifacer
    echo $((($(date +%s%N) - begin) / 1000000)) >&2`;
  const there = `/tmp/ifacer-lock-${process.pid}`;
  const env = { there, config: changing };
  const { stderr } = await runScript(`exec unshare --net sh -c '${script}'; rm -rf "$there"`, { env });
  expect(Number(stderr.split("\n").findLast((line) => /^\d+$/.test(line)))).toBeWithin(800, 2500);
});

test("doctor names who holds the lock, and nobody who holds a file of the same inode elsewhere", async () => {
  const script = `
    mkdir -p /run/ifacer
    mount -t tmpfs tmpfs /run/ifacer; mount -t tmpfs tmpfs /mnt
    lock=/run/ifacer/netns-$(stat -Lc %i /proc/self/ns/net).lock
    touch $lock /mnt/other
    [ $(stat -c %i $lock) = $(stat -c %i /mnt/other) ] || echo "the inodes differ" >&2
    for file in /mnt/other $lock; do
      flock --exclusive --no-fork $file sleep 60 &
      while flock --nonblock $file true; do sleep 0.05; done
      echo $!
      ${executable} doctor -o json | tr -d "\\n"; echo
    done
    kill $(jobs -p)`;
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  const { stdout, stderr } = await run(["unshare", "--net", "--mount", "bash", "-c", script], { env });
  const [, free = "", pid = "", held = ""] = stdout.split("\n");
  const messageOf = (document: string) =>
    JSON.parse(document).findings.find(({ what }: { what: string }) => what === "lock").message;
  expect(stderr).toBe("");
  expect(messageOf(free)).not.toContain("held");
  expect(messageOf(held)).toContain(`is held by the process ${pid} for `);
});
