import type { NetworkService } from "../../host/services.ts";

/** Where the drop-in of each service belongs, and what makes the service read it without touching the links. */
export const dropIns: Readonly<
  Record<NetworkService, { readonly option: string; readonly path: string; readonly command: string }>
> = {
  NetworkManager: {
    option: "--network-manager",
    path: "/etc/NetworkManager/conf.d/90-ifacer.conf",
    // At a reload it takes down each link that it lets go of. What it finds unmanaged when it starts it leaves as it is.
    command: "systemctl restart NetworkManager",
  },
  "systemd-networkd": {
    option: "--networkd",
    // Of several files that match a link the first by name counts.
    path: "/etc/systemd/network/05-ifacer.network",
    command: "networkctl reload",
  },
};

/** The first words of every drop-in, by which ifacer knows its own. */
export const mark = "# ifacer:";

export interface DropIn {
  readonly text: string;
  /** The names that the service's grammar can't express. */
  readonly leftOut: readonly string[];
}

/**
 * A file that keeps a service off exactly these links: NetworkManager.conf(5), systemd.network(5). Names may come from tenants:
 * one that could change what the file says of others is left out.
 */
export function writeDropIn(service: NetworkService, names: readonly string[]): DropIn {
  const { path, command } = dropIns[service];
  const { express, write } = grammars[service];
  const leftOut = names.filter((name) => express(name) === undefined);
  const text = [
    `${mark} keeps ${service} off the links that ifacer makes and off the slaves of its bonds.`,
    `# It belongs to ${path} before the first Pod comes, and is read after '${command}'.`,
    ...warnings[service],
    ...leftOut.map((name) => `# left out, ${service} can't be told of a link with this name: ${showName(name)}`),
    ...write(names.flatMap((name) => express(name) ?? [])),
    "",
  ].join("\n");
  return { text, leftOut };
}

/** A name as one line of ASCII, whatever is in it. */
export function showName(name: string): string {
  return JSON.stringify(name).replace(/[\x7f-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const warnings: Readonly<Record<NetworkService, readonly string[]>> = {
  NetworkManager: [
    "# Never reload it for this file: a reload takes down the links that it lets go of, under running Pods.",
  ],
  "systemd-networkd": [
    "# Without it a restart of systemd-networkd takes the slaves out of their bond, under running Pods.",
  ],
};

interface Grammar {
  /** `undefined`: the grammar has no way to say this name and no other, or not in all versions. */
  express(name: string): string | undefined;
  write(expressions: readonly string[]): readonly string[];
}

const grammars: Readonly<Record<NetworkService, Grammar>> = {
  // With `+` what other files say stays in force. After `:=` a name is taken as it is, without wildcards; what separates names
  // there would need an escape, and the file's own format one more. Of a key that is there twice the last one counts.
  NetworkManager: {
    express: (name) => (/^[\w.@+=~^!*?[\]{}()<>|&$%-]+$/.test(name) ? `interface-name:=${name}` : undefined),
    write: (expressions) =>
      expressions.length === 0 ? [] : ["[keyfile]", `unmanaged-devices+=${expressions.join(";")}`],
  },
  // Names are wildcards there, where a character in brackets stands for itself. One that begins with `!` means all others, `%`
  // is a specifier, and it takes neither numbers nor anything but ASCII for a name. Further lines add to the first one.
  "systemd-networkd": {
    express: (name) =>
      /^[\w.@+=~^*?[{}()<>|&-][\w.@+=~^!*?[{}()<>|&-]*$/.test(name) && /\D/.test(name)
        ? name.replace(/[*?[]/g, "[$&]")
        : undefined,
    write: (expressions) =>
      expressions.length === 0
        ? []
        : ["[Match]", ...expressions.map((one) => `Name=${one}`), "", "[Link]", "Unmanaged=yes"],
  },
};
