/** What almost all names of links are, and of networks and containers have to be (CNI specification, "Network configuration"). */
export const plainName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Longest name of a link, in bytes (IFNAMSIZ less the closing zero). */
export const longestName = 15;

/** Whether all is right with a name at a glance, as with almost all. `longest`: in bytes. */
export function isPlain(name: string, longest: number): boolean {
  return name.length <= longest && plainName.test(name);
}

/** Length of `text` in bytes, as the kernel counts. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
