import { readdirSync, readFileSync } from "node:fs";
import { findProgram } from "./programs.ts";

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

/** Whether a service can be asked from here what it manages: NetworkManager only answers to its own client. */
export function canBeAsked(service: NetworkService): boolean {
  return service === "systemd-networkd" || findProgram("nmcli") !== undefined;
}

/** Whether the service says that it manages a link; `undefined`: it says nothing. */
export function manages(
  service: NetworkService,
  { name, index }: { readonly name: string; readonly index: number },
): boolean | undefined {
  if (service === "NetworkManager") return askNetworkManager(name);
  const state = /^ADMIN_STATE=(\w+)$/m.exec(readText(`/run/systemd/netif/links/${index}`))?.[1];
  return state === undefined ? undefined : state !== "unmanaged";
}

/** Its files in /run keep old words after a restart, and say nothing of what it leaves alone. In milliseconds, it may hang. */
const patience = 5000;

function askNetworkManager(name: string): boolean | undefined {
  const path = findProgram("nmcli");
  if (path === undefined || name.startsWith("-")) return undefined;
  const { exitCode, stdout } = Bun.spawnSync([path, "-g", "GENERAL.NM-MANAGED", "device", "show", name], {
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: patience,
  });
  const answer = stdout.toString().trim();
  if (exitCode !== 0 || (answer !== "yes" && answer !== "no")) return undefined;
  return answer === "yes";
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
