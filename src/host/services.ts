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

/** Tells of a link whether the service says that it manages it; `undefined`: it says nothing. */
export type Manages = (link: { readonly name: string; readonly index: number }) => boolean | undefined;

/** Asks the service, once, whatever the number of links. */
export function askWhatIsManaged(service: NetworkService): Manages {
  if (service === "NetworkManager") {
    const answers = askNetworkManager();
    return ({ name }) => answers.get(name);
  }
  return ({ index }) => {
    const state = /^ADMIN_STATE=(\w+)$/m.exec(readText(`/run/systemd/netif/links/${index}`))?.[1];
    return state === undefined ? undefined : state !== "unmanaged";
  };
}

/** Its files in /run keep old words after a restart, and say nothing of what it leaves alone. In milliseconds, it may hang. */
const patience = 5000;

/** Its answers by the links' names, as far as it has one: `GENERAL.DEVICE:eth0` and `GENERAL.NM-MANAGED:yes`, a line each. */
function askNetworkManager(): ReadonlyMap<string, boolean> {
  const path = findProgram("nmcli");
  if (path === undefined) return new Map();
  const fields = ["-f", "GENERAL.DEVICE,GENERAL.NM-MANAGED"];
  const { exitCode, stdout } = Bun.spawnSync([path, "-t", "-m", "multiline", "-e", "no", ...fields, "device", "show"], {
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: patience,
  });
  if (exitCode !== 0) return new Map();
  const rows = stdout.toString().matchAll(/^GENERAL\.DEVICE:(.+)\nGENERAL\.NM-MANAGED:(yes|no)$/gm);
  return new Map([...rows].map(([, name = "", answer]) => [name, answer === "yes"]));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
