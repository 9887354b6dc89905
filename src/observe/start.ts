import { type StartedIp, startIp } from "../host/ip.ts";
import { readVlanConfig } from "../host/proc.ts";

/** A look at the host that was begun before it is known what to ask. */
export interface Look {
  /** Gets ready meanwhile, and waits for its questions. */
  readonly ip: StartedIp;
  /** The text of /proc/net/vlan/config. */
  readonly vlanConfig: string;
}

/** What `ip` is run with to look at links. */
export const lookArguments = ["-details", "-json", "-force", "-batch", "-"];

/** Begins a look; `ip` is started at once. */
export async function startLook(): Promise<Look> {
  const ip = startIp(lookArguments);
  return { ip, vlanConfig: await readVlanConfig() };
}
