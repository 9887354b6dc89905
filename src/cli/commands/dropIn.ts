import type { NetworkService } from "../../host/services.ts";

/** Where the drop-in of each service belongs, and what makes the service read it. */
export const dropIns: Readonly<
  Record<NetworkService, { readonly option: string; readonly path: string; readonly reload: string }>
> = {
  NetworkManager: {
    option: "--network-manager",
    path: "/etc/NetworkManager/conf.d/90-ifacer.conf",
    reload: "systemctl reload NetworkManager",
  },
  "systemd-networkd": {
    option: "--networkd",
    // Of several files that match a link the first by name counts.
    path: "/etc/systemd/network/05-ifacer.network",
    reload: "networkctl reload",
  },
};

/** A file that keeps a service off exactly these links: NetworkManager.conf(5), systemd.network(5). */
export function writeDropIn(service: NetworkService, names: readonly string[]): string {
  const { path, reload } = dropIns[service];
  return [
    `# ${path}: keeps ${service} off the links that ifacer makes`,
    `# and off the slaves of its bonds. It is read after '${reload}'.`,
    ...(service === "NetworkManager" ? writeForNetworkManager(names) : writeForNetworkd(names)),
    "",
  ].join("\n");
}

/** With `+` what other files say stays in force. After `:=` a name is taken as it is, without wildcards. */
function writeForNetworkManager(names: readonly string[]): string[] {
  const devices = names.map((name) => `interface-name:=${name.replace(/[,;]/g, "\\$&")}`);
  return ["[keyfile]", `unmanaged-devices+=${devices.join(";")}`];
}

/** Names are wildcards there; a character in brackets stands for itself. */
function writeForNetworkd(names: readonly string[]): string[] {
  return [
    "[Match]",
    `Name=${names.map((name) => name.replace(/[*?[]/g, "[$&]")).join(" ")}`,
    "",
    "[Link]",
    "Unmanaged=yes",
  ];
}
