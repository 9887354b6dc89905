import { readdirSync, readFileSync, statSync } from "node:fs";

/** A network namespace other than this process's, by the paths where it can be opened, at least one. */
export interface OtherNamespace {
  readonly inode: number;
  /** A name comes first, if it has one. */
  readonly paths: readonly string[];
}

/**
 * All other network namespaces that have a name or a process: where one is mounted, as `ip netns` and the container runtimes do, and
 * those of the processes that can be seen from here.
 */
export function listOtherNamespaces(): readonly OtherNamespace[] {
  const own = statSync("/proc/self/ns/net");
  const found = new Map<number, string[]>();
  for (const path of [...listNamed(), ...listOfProcesses()]) {
    const file = look(path);
    // An empty file that is left of a name is on another device.
    if (file === undefined || file.dev !== own.dev || file.ino === own.ino) continue;
    const paths = found.get(file.ino);
    if (paths === undefined) found.set(file.ino, [path]);
    else if (paths.length < mostPaths) paths.push(path);
  }
  return [...found].map(([inode, paths]) => ({ inode, paths }));
}

/** Processes come and go: another path may still lead there. */
const mostPaths = 5;

/** Whether a namespace is still to be found by one of its paths. */
export function isStillThere({ inode, paths }: OtherNamespace): boolean {
  return paths.some((path) => look(path)?.ino === inode);
}

const namesFolder = "/run/netns";

function listNamed(): string[] {
  return [...new Set([...list(namesFolder).map((name) => `${namesFolder}/${name}`), ...listMounted()])];
}

/** `36 35 0:4 net:[4026532176] /run/netns/pod rw ...` (proc_pid_mountinfo(5)), white space in octal. */
function listMounted(): string[] {
  return readText("/proc/self/mountinfo")
    .split("\n")
    .flatMap((line) => {
      const [, , , root = "", place = ""] = line.split(" ");
      if (!root.startsWith("net:[")) return [];
      return [place.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))];
    });
}

function listOfProcesses(): string[] {
  return list("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => `/proc/${pid}/ns/net`);
}

function look(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
