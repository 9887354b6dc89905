/** udev, NetworkManager and systemd-networkd from Debian's packages, started, reloaded and stopped as their units do it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Ended, runCommand, succeed } from "../kernel/harness.ts";
import { empty, until } from "../waiting.ts";

export interface Service extends AsyncDisposable {
  /** What `systemctl restart` does. */
  restart(): Promise<void>;
  /** What `systemctl reload`, or for networkd `networkctl reload`, does. */
  reload(): Promise<void>;
}

interface Unit {
  readonly argv: readonly string[];
  readonly reload: readonly string[];
  /** By which systemd ends it before it starts it again. */
  readonly restartSignal: NodeJS.Signals;
  /** Ends with 0 once the service answers. */
  readonly ask: readonly string[];
  /** What it keeps there is of one run of the node. */
  readonly state: readonly string[];
}

const networkManager: Unit = {
  argv: ["NetworkManager", "--no-daemon"],
  reload: ["nmcli", "general", "reload"],
  restartSignal: "SIGTERM",
  ask: ["nmcli", "general"],
  state: ["/run/NetworkManager", "/var/lib/NetworkManager", "/etc/NetworkManager/conf.d"],
};

const networkd: Unit = {
  argv: ["/lib/systemd/systemd-networkd"],
  reload: ["networkctl", "reload"],
  restartSignal: "SIGUSR2",
  ask: ["networkctl", "status"],
  state: ["/run/systemd/netif", "/etc/systemd/network"],
};

// Programs of systemd's otherwise refuse to work in a chroot, and the microVM's root is one.
const env = { SYSTEMD_IGNORE_CHROOT: "1" };

export const startNetworkManager = () => start(networkManager);
export const startNetworkd = () => start(networkd);

/** Starts udev and the bus, once for this machine, and has udev look at the NICs as at boot. */
export async function startUdev(): Promise<void> {
  udev ??= (async () => {
    for (const folder of ["/run/dbus", "/run/NetworkManager", "/run/systemd/netif/links", "/run/systemd/netif/leases"])
      mkdirSync(folder, { recursive: true });
    // The users of the services, which a package's script would make.
    await succeed(["systemd-sysusers"], { env });
    await succeed(["chown", "-R", "systemd-network:systemd-network", "/run/systemd/netif"], { env });
    await succeed(["dbus-daemon", "--system", "--fork", "--nopidfile"], { env });
    await succeed(["/lib/systemd/systemd-udevd", "--daemon"], { env });
    await succeed(["udevadm", "trigger", "--action=add", "--subsystem-match=net"], { env });
    await settleUdev();
  })();
  await udev;
}
let udev: Promise<void> | undefined;

/** Returns when udev has seen to all that happened so far. */
export async function settleUdev(): Promise<void> {
  await succeed(["udevadm", "settle"], { env });
}

async function start(unit: Unit): Promise<Service> {
  let daemon = await spawn(unit);
  const stop = async (signal: NodeJS.Signals) => {
    daemon.kill(signal);
    await daemon.exited;
  };
  return {
    restart: async () => {
      await stop(unit.restartSignal);
      daemon = await spawn(unit);
    },
    reload: async () => {
      await succeed(unit.reload, { env });
    },
    [Symbol.asyncDispose]: async () => {
      await stop("SIGTERM");
      empty(...unit.state);
    },
  };
}

/** Returns when the service answers. */
async function spawn(unit: Unit): Promise<Bun.Subprocess> {
  const log = `/run/${unit.ask[0]}.log`;
  const daemon = Bun.spawn([...unit.argv], {
    env: { ...process.env, ...env },
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  await until(`${unit.argv[0]} answers`, async () => {
    if (daemon.exitCode !== null || daemon.signalCode) throw new Error(`${unit.argv[0]}: ${readFileSync(log, "utf8")}`);
    return (await run(unit.ask)).status === 0;
  });
  return daemon;
}

/** Runs a command of the services'. */
export function run(argv: readonly string[]): Promise<Ended> {
  return runCommand(argv, { env });
}

/** Writes a file of the node's. */
export function configure(path: string, ...lines: readonly string[]): void {
  writeFileSync(path, `${lines.join("\n")}\n`);
}
