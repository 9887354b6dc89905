import { type StartedIp, startIp } from "../host/ip.ts";

/** What `ip` is run with to look at links. */
export const lookArguments = ["-details", "-json", "-force", "-batch", "-"];

/** About the loopback device, which is always there: asked at once, so that `ip` gets ready for what is asked then. */
export const aboutLoopback = "link show dev lo";

/** An `ip` for a look of the depth `links` that was started before it is known what to ask: by then it is ready. */
export type StartedLook = StartedIp;

/** Starts it, for who ends it as well. Throws nothing. */
export function startLook(): StartedLook {
  return startIp(lookArguments, aboutLoopback);
}
