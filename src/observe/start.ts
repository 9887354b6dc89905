import { type StartedIp, startIp } from "../host/ip.ts";

/** What `ip` is run with to look at links. */
export const lookArguments = ["-details", "-json", "-force", "-batch", "-"];

/** An `ip` for a look that was started before it is known what to ask: by then it is ready. */
export type StartedLook = StartedIp;

export function startLook(): StartedLook {
  return startIp(lookArguments);
}
