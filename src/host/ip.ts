import { accessSync, constants } from "node:fs";
import { CniError, Code } from "../error.ts";

/** How one run of `ip` ended. */
export interface IpRun {
  /** The command as an operator would type it. */
  readonly command: string;
  /** Exit status, or 128 and the signal's number, as a shell tells it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `ip ARGUMENTS` once, with `lines` on its standard input, and waits for its end. No shell is involved.
 *
 * Throws code 102 where there is no `ip` and 103 where it can't be started. That it fails is for the caller to judge.
 */
export function runIp(args: readonly string[], lines: readonly string[]): IpRun {
  const path = findIp();
  if (path === undefined) {
    throw new CniError(Code.notSupported, "there is no 'ip' on this node: install the package iproute2", {
      details: `looked in ${ipFolders().join(":")}`,
    });
  }
  const child = Bun.spawnSync([path, ...args], {
    stdin: Buffer.from(lines.map((line) => `${line}\n`).join("")),
    stdout: "pipe",
    stderr: "pipe",
  });
  return {
    command: ["ip", ...args].join(" "),
    status: child.exitCode ?? 128,
    stdout: child.stdout.toString(),
    stderr: child.stderr.toString().trim(),
  };
}

const sbinFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/** The path of `ip`: on PATH, else in the folders where distributions put it, as a runtime's environment may have no PATH. */
export function findIp(): string | undefined {
  return ipFolders()
    .map((folder) => `${folder}/ip`)
    .find(isExecutable);
}

function ipFolders(): string[] {
  const onPath = (process.env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return [...onPath, ...sbinFolders];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
