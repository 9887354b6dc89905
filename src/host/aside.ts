import { closeSync, openSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { findIp } from "./ip.ts";
import { findProgram, searchedFolders } from "./programs.ts";

/** An `ip` that runs in a network namespace of its own and takes lines until it is ended. */
export interface IpAside {
  /** Where the namespace can be opened, for `ip link ... netns`. It is gone, with all its links, when this `ip` ends. */
  readonly path: string;
  /** Gives it lines whose output nobody waits for; one that fails does not stop the others. */
  give(lines: readonly string[]): void;
  /** Gives it a line that shows something and returns its line of JSON. Throws code 103 where `ip` has ended. */
  show(line: string): Promise<string>;
  end(): Promise<void>;
}

/**
 * Starts `ip` in a new network namespace that has no name: the process alone holds it, and its standard input ends with
 * ifacer's, so that nothing is left behind, however ifacer ends. A named one (ip-netns(8)) would stay, with its mount.
 *
 * Throws code 101 where a namespace can't be made, 102 where a program for it is missing.
 */
export async function startIpAside(): Promise<IpAside> {
  const ip = findIp();
  if (ip === undefined) {
    throw new CniError(Code.notSupported, "there is no 'ip' on this node: install the package iproute2", {
      details: `looked in ${searchedFolders().join(":")}`,
    });
  }
  const child = await spawnAside([ip, "-json", "-force", "-batch", "-"]);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let unread = "";
  const aside: IpAside = {
    path: `/proc/${child.pid}/ns/net`,
    give(lines) {
      child.stdin.write(lines.map((line) => `${line}\n`).join(""));
      child.stdin.flush();
    },
    async show(line) {
      aside.give([line]);
      for (;;) {
        const end = unread.indexOf("\n");
        const found = end < 0 ? "" : unread.slice(0, end).trim();
        if (end >= 0) unread = unread.slice(end + 1);
        if (found !== "") return found;
        if (end >= 0) continue;
        const { done, value } = await reader.read();
        if (done) throw new CniError(Code.ipFailed, `'ip' ended in a network namespace of its own: ${await tellWhy()}`);
        unread += decoder.decode(value, { stream: true });
      }
    },
    async end() {
      await child.stdin.end();
      await child.exited;
    },
  };
  // Ready to be read at all times, so that `ip` never waits for a reader.
  const errors = child.stderr.text();
  const tellWhy = async () => (await errors).trim() || `exit status ${child.exitCode}`;
  // unshare(1) is in the namespace only when `ip` answers.
  await aside.show("link show dev lo");
  return aside;
}

/** CLONE_NEWNET of unshare(2) and setns(2). */
const newNetwork = 0x40000000;

async function spawnAside(argv: readonly string[]) {
  const start = (words: readonly string[]) => Bun.spawn([...words], { stdio: ["pipe", "pipe", "pipe"] });
  const calls = await loadCalls();
  if (calls === undefined) {
    const unshare = findProgram("unshare");
    if (unshare !== undefined) return start([unshare, "--net", "--", ...argv]);
    throw new CniError(
      Code.notSupported,
      "unshare(2) can't be called on this node and there is no 'unshare': install the package util-linux",
    );
  }
  // Both calls are about this thread alone, which comes back before anything else can run on it.
  const own = openSync("/proc/thread-self/ns/net", "r");
  try {
    if (calls.unshare(newNetwork) !== 0) {
      throw new CniError(
        Code.noPermission,
        "ifacer may not make a network namespace: run it as root, and see /proc/sys/user/max_net_namespaces",
      );
    }
    try {
      return start(argv);
    } finally {
      goBack(calls.setns(own, newNetwork));
    }
  } finally {
    closeSync(own);
  }
}

/** Whatever came next would be done in the wrong place. */
function goBack(result: number): void {
  if (result !== 0) throw new Error("the way back to the own network namespace is barred");
}

/** unshare(2) and setns(2) of the C library; `undefined` where they can't be called (see lock.ts). */
async function loadCalls() {
  const { dlopen, FFIType } = await import("bun:ffi");
  const { i32 } = FFIType;
  try {
    return dlopen("libc.so.6", {
      unshare: { args: [i32], returns: i32 },
      setns: { args: [i32, i32], returns: i32 },
    }).symbols;
  } catch {
    return undefined;
  }
}
