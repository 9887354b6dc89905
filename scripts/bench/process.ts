/**
 * Starts a process and measures it, for run.ts. It calls the C library itself: Bun.spawnSync sets up an event loop for each
 * child, and that third of a millisecond would be counted in with what is measured.
 */
import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";

/** A command as it is measured: standard input comes from a file, what it writes is thrown away. */
export interface Command {
  readonly argv: readonly [path: string, ...words: string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Times in milliseconds: on the clock, and of all processors together in user and kernel mode, children included. */
export interface Measured {
  readonly wall: number;
  readonly cpu: number;
  readonly status: number;
}

const { ptr: pointer, i32: int } = FFIType;
const libc = dlopen("libc.so.6", {
  posix_spawn: { args: [pointer, pointer, pointer, pointer, pointer, pointer], returns: int },
  posix_spawn_file_actions_init: { args: [pointer], returns: int },
  posix_spawn_file_actions_addopen: { args: [pointer, int, pointer, int, int], returns: int },
  posix_spawn_file_actions_destroy: { args: [pointer], returns: int },
  wait4: { args: [int, pointer, int, pointer], returns: int },
}).symbols;

const [readOnly, writeOnly] = [0, 1];

/** Large enough for posix_spawn_file_actions_t and for struct rusage on every platform of the GNU C library. */
const actions = new Uint8Array(256);
const usage = new BigInt64Array(64);
const pid = new Int32Array(1);
const status = new Int32Array(1);

/** Makes what starts a command and waits for its end. Everything that can be done before is done here, once. */
export function prepare(command: Command): () => Measured {
  const argv = makeList(command.argv);
  const envp = makeList(Object.entries(command.env).map(([name, value]) => `${name}=${value}`));
  const files = makeList([command.stdin, "/dev/null", command.argv[0]]);
  const [stdin, nowhere, path] = files.texts.map((text) => ptr(text)) as [Pointer, Pointer, Pointer];
  return () => {
    libc.posix_spawn_file_actions_init(ptr(actions));
    libc.posix_spawn_file_actions_addopen(ptr(actions), 0, stdin, readOnly, 0);
    for (const fd of [1, 2]) libc.posix_spawn_file_actions_addopen(ptr(actions), fd, nowhere, writeOnly, 0);
    const start = Bun.nanoseconds();
    const failed = libc.posix_spawn(ptr(pid), path, ptr(actions), null, ptr(argv.pointers), ptr(envp.pointers));
    if (failed !== 0) throw new Error(`'${command.argv[0]}' can't be started: error ${failed}`);
    libc.wait4(pid[0] ?? 0, ptr(status), 0, ptr(usage));
    const wall = (Bun.nanoseconds() - start) / 1e6;
    libc.posix_spawn_file_actions_destroy(ptr(actions));
    return { wall, cpu: milliseconds(0) + milliseconds(2), status: ((status[0] ?? 0) >> 8) & 0xff };
  };
}

/** A struct timeval of `usage`: seconds and microseconds. */
function milliseconds(index: number): number {
  return Number(usage[index]) * 1e3 + Number(usage[index + 1]) / 1e3;
}

/** An array of pointers to C strings with a zero at its end. The strings live as long as what holds this. */
function makeList(words: readonly string[]) {
  const texts = words.map((word) => new TextEncoder().encode(`${word}\0`));
  return { texts, pointers: BigUint64Array.from([...texts.map((text) => BigInt(ptr(text))), 0n]) };
}

/**
 * The most memory that a command has resident, in KiB. By time(1): what a process is told of its child includes the memory
 * that the child shared with it before it became another program, and time(1) has next to none.
 */
export function measurePeak(command: Command): number {
  const { stderr } = Bun.spawnSync(["/usr/bin/time", "--quiet", "--format=%M", ...command.argv], {
    env: { ...command.env },
    stdin: Bun.file(command.stdin),
    stdout: "ignore",
  });
  return Number(stderr.toString().trim().split("\n").at(-1));
}
