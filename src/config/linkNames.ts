import { byteLength, isPlain, longestName } from "./names.ts";

/** Longest alternative name of a link, in bytes (ALTIFNAMSIZ less the closing zero). */
const longestAltName = 127;

/** Whether a link can bear `name` as its own name; longer ones can only be altnames. */
export function fitsLinkName(name: string): boolean {
  return isPlain(name, longestName) || byteLength(name) <= longestName;
}

/**
 * What is wrong with `name` as the name of a link that ifacer is to make, or `undefined`.
 *
 * The kernel's rules (dev_valid_name) and what `ip` can be told on a batch line: `#` starts a comment there, a quote at the
 * start of a word and a backslash are its own, a leading `-` is an option, and `if2` an index where no link is called that.
 * And what udev and systemd-networkd do with a name, as a link that is renamed is not found again.
 */
export function findLinkNameFault(name: string): string | undefined {
  if (isIndexName(name)) return indexFault;
  if (takenNames.includes(name)) return "is what the kernel or another program calls something of its own";
  return findNameFault(name, longestName) ?? findServiceFault(name);
}

/**
 * Folders and files that the kernel has where it has those of links (/proc/sys/net, /sys/class/net), the tunnels that its
 * modules make in each namespace, and links that the bridge plugin, Docker, libvirt, kube-proxy and networks of Pods make.
 */
const takenNames = (
  "lo all default bonding_masters tunl0 gre0 gretap0 erspan0 sit0 ip_vti0 ip6_vti0 ip6tnl0 ip6gre0 cni0 docker0 virbr0 " +
  "kube-ipvs0 kube-bridge nodelocaldns cilium_host cilium_net cilium_vxlan flannel.1 vxlan.calico weave ovs-system"
).split(" ");

/** Whether `ip` takes a name for an index where no link is called that: `if2`, and also `if2.100` (ll_map.c, ll_idx_a2n). */
export function isIndexName(name: string): boolean {
  return name.startsWith("if") && /^\d/.test(name.slice(2));
}

/** What is wrong with such a name for a link that is to be made. */
export const indexFault = "is what ip takes for the link with that index";

/**
 * Why udev or systemd-networkd would not leave a link of this name alone, or `undefined`: udev takes `!` for a `/` of sysfs and
 * replaces what is not ASCII; `Name=` of networkd's [Match] takes no name of digits only and reads `!*?[]` as patterns.
 */
export function findServiceFault(name: string): string | undefined {
  return isPlain(name, longestAltName) && name[0] !== undefined && name[0] > "9"
    ? undefined
    : findUnusualServiceFault(name);
}

function findUnusualServiceFault(name: string): string | undefined {
  if (/^\d+$/.test(name)) return "has digits only, which systemd-networkd does not take for a name";
  const renamed = /[^!-~]|!/u.exec(name);
  if (renamed) return `has the character ${JSON.stringify(renamed[0])}, for which udev gives the link another name`;
  const pattern = /[*?[\]"'`]/.exec(name);
  return pattern
    ? `has the character ${JSON.stringify(pattern[0])}, which systemd-networkd reads as a pattern or a quote`
    : undefined;
}

/** What is wrong with `name` as the name or altname of a link that is to be there already, or `undefined`. */
export function findAltNameFault(name: string): string | undefined {
  return findNameFault(name, longestAltName);
}

function findNameFault(name: string, longest: number): string | undefined {
  return isPlain(name, longest) ? undefined : findUnusualFault(name, longest);
}

// On its own, as what a function names is made ready when it is first called: for Buffer and classes of Unicode 0.2 ms.
function findUnusualFault(name: string, longest: number): string | undefined {
  if (name === "") return "is empty";
  if (byteLength(name) > longest) return `has ${byteLength(name)} bytes, allowed are ${longest}`;
  if (name === "." || name === "..") return "is no name for a link";
  if (name.startsWith("-")) return "starts with '-', which ip takes for an option";
  if (/^['"]/.test(name)) return "starts with a quote, which can't be given to ip";
  if (name.includes("%")) return "has a '%', for which the kernel would choose another name";
  const forbidden = /[/:#\\\s\ufffd]|\p{Cc}|\p{Cs}/u.exec(name);
  if (forbidden) return `has the character ${JSON.stringify(forbidden[0])}, which no link name may have here`;
  // The kernel looks at bytes, and takes 0xa0 for white space wherever it stands (lib/ctype.c).
  if (Buffer.from(name).includes(0xa0)) return "has the byte 0xa0, which the kernel takes for white space";
  return undefined;
}

/**
 * The link's own name for a VLAN whose wanted name is too long to be one: `v`, the VLAN id, `-`, and a hash of the wanted
 * name that fills the 15 bytes. The same wanted name gives the same short name on every node and after every reboot.
 */
export function shortenVlanName(wanted: string, id: number): string {
  const prefix = `v${id}-`;
  const hash = Bun.hash.xxHash64(wanted).toString(36).padStart(13, "0");
  return prefix + hash.slice(-(longestName - prefix.length));
}
