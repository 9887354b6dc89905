/**
 * The error codes that ifacer answers. 1 to 99 are the CNI specification's (section "Error"), 100 and above are ifacer's own.
 */
export const Code = {
  /** The cniVersion is unknown, or too old for the verb. */
  version: 1,
  /** The Pod's network namespace is not there, and the work is in it. */
  noNamespace: 3,
  /** A CNI_* variable is missing or not valid. */
  environment: 4,
  /** Standard input, standard output or the lock file could not be read or written. */
  io: 5,
  /** Not JSON, or a value of the wrong type. */
  decoding: 6,
  /** A value out of its range, a name or option that can't be, a network name that is missing. */
  invalidConfig: 7,
  /** ADD for a Pod whose network namespace is the plugin's own. */
  ownNamespace: 8,
  /** The lock stayed taken; a later call may succeed. */
  tryAgain: 11,
  /** STATUS: an ADD can't succeed on this node now. */
  notAvailable: 50,
  /** An interface that the config names is not on the node. */
  missingInterface: 100,
  /** Not root, or CAP_NET_ADMIN is lacking. */
  noPermission: 101,
  /** The kernel or `ip` lacks something, or `ip` is not there. */
  notSupported: 102,
  /** `ip` failed: the details hold the command, its exit status and the kernel's words. */
  ipFailed: 103,
  /** CHECK found the host changed. */
  changed: 104,
  /** Something on the host is in the way; nothing was touched. */
  conflict: 105,
  /** The node's policy forbids what the config asks for. */
  forbidden: 106,
  /** Nobody on the wire answered, whom the config's `probe` names; what was made is undone. */
  silence: 107,
  /** A bug of ours. */
  bug: 999,
} as const;

export type Code = (typeof Code)[keyof typeof Code];

/**
 * The one error that ifacer throws. `cni/run.ts` catches it and prints it as a CNI error document, `cli/run.ts` in words.
 *
 * `message` (CNI's `msg`) is one lower-case sentence that a user can act on, with the names and values;
 * `details` holds the rest, one fact a line.
 */
export class CniError extends Error {
  /** One of `Code`, or what another plugin gave as its own. */
  readonly code: number;
  readonly details: string;

  constructor(code: number, message: string, options: { details?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "CniError";
    this.code = code;
    this.details = options.details ?? "";
  }
}

/** How many facts an error holds: enough for any real config, and an answer that a runtime can log. */
const mostFacts = 100;

/**
 * One error for several facts: the first is its message, after `lead`, the others are its details. Runtimes show both as one
 * line, `MESSAGE; DETAILS` (libcni, Error), so that nothing is said twice.
 */
export function errorOfAll(code: Code, facts: readonly string[], { lead = "" } = {}): CniError {
  if (facts.length === 1) return new CniError(code, `${lead}${facts[0]}`);
  const unsaid = facts.length - mostFacts;
  return new CniError(code, `${lead}${facts[0]} (the first of ${facts.length})`, {
    details: [...facts.slice(1, mostFacts), ...(unsaid > 0 ? [`and ${unsaid} more`] : [])].join("; "),
  });
}
