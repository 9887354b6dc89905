import { type StartedIp, startIp } from "../host/ip.ts";

/** What `ip` is started with to look at links; the questions come on standard input. */
export const looking = ["-details", "-json", "-force", "-batch", "-"];

/** A look at the host whose `ip` is on its way already. */
export type StartedLook = StartedIp;

/** Starts the `ip` of a look before it is known what to ask: by then it is ready. */
export function startLook(): StartedLook {
  return startIp(looking);
}
