/** What the alias of every link begins with that ifacer makes in a Pod. */
const prefix = "ifacer:";

/**
 * The alias of the links that are made in a Pod for one of its attachments: it tells which DEL is to remove them, as two networks of
 * a Pod may want a link of the same name.
 *
 * @param ifName CNI_IFNAME, which may have signs that `ip` reads as its own
 */
export function nameAlias(ifName: string): string {
  return `${prefix}${encodeURIComponent(ifName)}`;
}

/** Whether it is the alias of a link that was made in a Pod. */
export function isPodAlias(alias: string | undefined): boolean {
  return alias?.startsWith(prefix) ?? false;
}

/** The attachment, by its CNI_IFNAME, that a link was made for where that is another one than `own` is; else `undefined`. */
export function findOtherAttachment(alias: string | undefined, own: string | undefined): string | undefined {
  if (own === undefined || alias === own || !alias?.startsWith(prefix)) return undefined;
  return alias.slice(prefix.length);
}
