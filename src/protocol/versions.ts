/** The versions of the CNI specification that ifacer speaks, oldest first. */
export const supportedVersions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

export type Version = (typeof supportedVersions)[number];

/** What VERSION reports as its own: the newest. */
export const newestVersion: Version = "1.1.0";

export const verbs = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"] as const;

export type Verb = (typeof verbs)[number];

export function isVerb(command: string): command is Verb {
  return (verbs as readonly string[]).includes(command);
}

/** Whether a call of this command looks at the links of the node. */
export function looksAtLinks(command: string): boolean {
  return command === "ADD" || command === "CHECK" || command === "STATUS";
}

/** The shape of a result (CNI specification, "Success"): `ip4`/`ip6`, `ips` with `version`, `ips` without. */
export type ResultShape = "ip4ip6" | "versionedIPs" | "ips";

export function isSupported(version: string): version is Version {
  return (supportedVersions as readonly string[]).includes(version);
}

export function resultShape(version: Version): ResultShape {
  if (version === "0.1.0" || version === "0.2.0") return "ip4ip6";
  return version === "1.0.0" || version === "1.1.0" ? "ips" : "versionedIPs";
}

/** What VERSION answers (CNI specification, "VERSION"). */
export function versionDocument(): string {
  return JSON.stringify({ cniVersion: newestVersion, supportedVersions });
}
