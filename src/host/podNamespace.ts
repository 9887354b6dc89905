import { existsSync, mkdirSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { stat } from "./file.ts";

/** Where iproute2 looks for network namespaces by name (ip-netns(8)). */
const namesFolder = "/run/netns";

/** The inode of a network namespace. */
export type NamespaceInode = number;

/**
 * The arguments that make `ip` work in another network namespace.
 *
 * `ip` takes a name only, which it looks for below /run/netns: the path leads out of there. The folder has to be there for
 * that, and is not where nobody gave a namespace a name yet.
 */
export function inNamespace(path: string): readonly string[] {
  if (!existsSync(namesFolder)) mkdirSync(namesFolder, { recursive: true, mode: 0o755 });
  return ["-netns", `../../..${path}`];
}

/**
 * What tells the namespace from others as long as it is there: by its path another one may be found later.
 *
 * Throws code 3 where there is no such namespace, also where its name is left as an empty file, and code 4 where the path is not
 * absolute.
 */
export async function requireNamespace(path: string): Promise<NamespaceInode> {
  if (!path.startsWith("/")) throw new CniError(Code.environment, `CNI_NETNS ${path} is not an absolute path`);
  const [found, own] = await Promise.all([stat(path), stat("/proc/self/ns/net")]);
  if (found !== undefined && found.dev === own?.dev) return found.ino;
  const what = found === undefined ? "is not there" : "is no network namespace";
  throw new CniError(Code.noNamespace, `the Pod's network namespace ${path} ${what}: the Pod is gone, or never ran`);
}

/** Throws code 3 where there is no namespace any more, or another one. */
export async function requireSame(path: string, inode: NamespaceInode): Promise<void> {
  if ((await requireNamespace(path)) === inode) return;
  const message = `the Pod's network namespace ${path} is another one by now: the Pod is gone`;
  throw new CniError(Code.noNamespace, message);
}
