import { readdirSync, readFileSync } from "node:fs";

/** Programs that configure links by themselves. */
export type NetworkService = "NetworkManager" | "systemd-networkd";

/** The name of the process, of which the kernel keeps 15 bytes (proc_pid_comm(5)). */
const processNames: Readonly<Record<NetworkService, string>> = {
  NetworkManager: "NetworkManager",
  "systemd-networkd": "systemd-network",
};

/** Whether the service runs, as far as the processes of this PID namespace tell. */
export function isRunning(service: NetworkService): boolean {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .some((pid) => readText(`/proc/${pid}/comm`).trim() === processNames[service]);
}

/** Whether the service says that it manages the link with this index; `undefined`: it says nothing. */
export function manages(service: NetworkService, index: number): boolean | undefined {
  if (service === "NetworkManager") {
    const managed = /^managed=(\w+)$/m.exec(readText(`/run/NetworkManager/devices/${index}`))?.[1];
    return managed === undefined ? undefined : managed === "true";
  }
  const state = /^ADMIN_STATE=(\w+)$/m.exec(readText(`/run/systemd/netif/links/${index}`))?.[1];
  return state === undefined ? undefined : state !== "unmanaged";
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
