/** Frames that a link receives. */
export interface Frames {
  /** The next frame that waits; `undefined`: there is none now. */
  next(): Uint8Array | undefined;
  close(): void;
}

interface Wanted {
  /** The link's index. */
  readonly index: number;
  readonly etherType: number;
  /** The multicast addresses that the NIC is to let through. */
  readonly groups: readonly Uint8Array[];
}

// packet(7) and the kernel's include/uapi/linux/if_packet.h.
const afPacket = 17;
const sockRaw = 3;
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
const solPacket = 263;
const addMembership = 1;

/**
 * Listens for frames of one type on a link. `undefined` where that can't be done: the C library can't be called (see lock.ts),
 * or CAP_NET_RAW is missing.
 */
export async function openFrames({ index, etherType, groups }: Wanted): Promise<Frames | undefined> {
  const calls = await loadCalls();
  if (calls === undefined) return undefined;
  const { socket, bind, setsockopt, recv, close } = calls;
  const protocol = ((etherType & 0xff) << 8) | (etherType >> 8);
  const fd = socket(afPacket, sockRaw | nonBlocking | closeOnExec, protocol);
  if (fd < 0) return undefined;
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, afPacket, true);
  address.setUint16(2, etherType);
  address.setInt32(4, index, true);
  if (bind(fd, new Uint8Array(address.buffer), 20) !== 0) {
    close(fd);
    return undefined;
  }
  for (const group of groups) {
    const request = new DataView(new ArrayBuffer(16));
    request.setInt32(0, index, true);
    request.setUint16(6, group.length, true);
    new Uint8Array(request.buffer).set(group, 8);
    setsockopt(fd, solPacket, addMembership, new Uint8Array(request.buffer), 16);
  }
  const buffer = new Uint8Array(65536);
  return {
    next() {
      const length = Number(recv(fd, buffer, buffer.length, 0));
      return length > 0 ? buffer.slice(0, length) : undefined;
    },
    close: () => void close(fd),
  };
}

async function loadCalls() {
  const { dlopen, FFIType } = await import("bun:ffi");
  const { i32, u32, i64, u64, ptr } = FFIType;
  try {
    return dlopen("libc.so.6", {
      socket: { args: [i32, i32, i32], returns: i32 },
      bind: { args: [i32, ptr, u32], returns: i32 },
      setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
      recv: { args: [i32, ptr, u64, i32], returns: i64 },
      close: { args: [i32], returns: i32 },
    }).symbols;
  } catch {
    return undefined;
  }
}
