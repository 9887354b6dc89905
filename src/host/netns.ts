import { readFileSync, statSync } from "node:fs";

/** What tells this network namespace from any other one, also from a later one that got the same inode. */
export interface NamespaceID {
  /** The kernel's of the running system. */
  readonly bootID: string;
  readonly inode: number;
  /** A number that the kernel gives only once a boot; empty where it can't be had: before Linux 5.14, or on hardened nodes. */
  readonly cookie: string;
}

/** Identifies the network namespace of this process. */
export async function identifyNamespace(): Promise<NamespaceID> {
  return {
    bootID: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    inode: statSync("/proc/self/ns/net").ino,
    cookie: await readCookie(),
  };
}

/** Of socket(7) and the kernel's include/uapi/asm-generic/socket.h; x64 and arm64 have the same numbers. */
const family = 1;
const datagram = 2;
const closeOnExec = 0o2000000;
const socketLevel = 1;
const netnsCookie = 71;

/** The C library is called as for the lock; where it can't be, there is no cookie. */
async function readCookie(): Promise<string> {
  const { dlopen, FFIType, ptr } = await import("bun:ffi");
  const { i32, ptr: pointer } = FFIType;
  const signature = {
    socket: { args: [i32, i32, i32], returns: i32 },
    getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
    close: { args: [i32], returns: i32 },
  } as const;
  try {
    const { socket, getsockopt, close } = dlopen("libc.so.6", signature).symbols;
    const fd = socket(family, datagram | closeOnExec, 0);
    if (fd < 0) return "";
    const cookie = new BigUint64Array(1);
    const length = new Uint32Array([8]);
    const failed = getsockopt(fd, socketLevel, netnsCookie, ptr(cookie), ptr(length)) !== 0;
    close(fd);
    return failed ? "" : String(cookie[0]);
  } catch {
    return "";
  }
}
