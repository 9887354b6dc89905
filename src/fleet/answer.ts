/** What one node answered to `ifacer plan` or `ifacer status`, reduced to what nodes are compared by. */
export interface Answer {
  /** The node's name as the line has it; `undefined`: it has none. */
  readonly node: string | undefined;
  /** `undefined`: it is about something else. */
  readonly plan: Told<PlanAnswer> | undefined;
  readonly status: Told<StatusAnswer> | undefined;
}

/** What was asked for, or why the node could not tell. */
export type Told<T> = T | { readonly error: { readonly code: number; readonly message: string } };

export interface PlanAnswer {
  /** Why ADD would fail. Empty: it would not. */
  readonly failures: readonly Failure[];
  /** What ADD would make, in sentences. */
  readonly changes: readonly string[];
  /** What differs from the config and ADD leaves alone, in sentences. */
  readonly drift: readonly string[];
}

export interface Failure {
  readonly message: string;
  /** What is the matter, without what to do about it. */
  readonly brief: string;
  /** The named NIC is not there. */
  readonly missing: boolean;
}

export interface StatusAnswer {
  readonly nics: readonly string[];
  readonly facts: readonly Fact[];
  /** What is wrong with links, in sentences. */
  readonly problems: readonly string[];
}

/** Something that links of the same name should have in common on all nodes. */
export interface Fact {
  /** `bond0.100`, or `VLAN 100`, which may be on another link. */
  readonly subject: string;
  /** `MTU`, `parent`, `mode`, `speed`, ..., or the name of a bond option. */
  readonly property: string;
  readonly value: string;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a document of `ifacer plan` or `ifacer status`, also of `ifacer status -f`, which is both; `undefined`: it is none.
 * Nothing of it is trusted: members of another type count as not there.
 */
export function readAnswer(document: unknown): Answer | undefined {
  if (!isObject(document) || document["version"] !== 1) return undefined;
  const name = text(document["node"]);
  const node = name !== undefined && name !== "" && name.length <= longestName ? name : undefined;
  if (isObject(document["error"])) {
    const { code, message } = document["error"];
    const error = { code: typeof code === "number" ? code : 0, message: text(message) ?? "no reason is given" };
    // An error that does not say of which command it is counts for both.
    const command = document["command"];
    return {
      node,
      plan: command === "status" ? undefined : judgeError(error),
      status: command === "plan" ? undefined : { error },
    };
  }
  const plan = Array.isArray(document["entries"]) ? readPlan(document) : undefined;
  const status = Array.isArray(document["links"]) ? readStatus(objects(document["links"])) : undefined;
  return plan === undefined && status === undefined ? undefined : { node, plan, status };
}

/** The longest name that Kubernetes has for a node. */
export const longestName = 253;

const forbidden = 106;

/** A policy that can't be read is no failure to look: ADD would fail by it. */
function judgeError(error: { readonly code: number; readonly message: string }): Told<PlanAnswer> {
  if (error.code !== forbidden) return { error };
  return { failures: [fail(error.message)], changes: [], drift: [] };
}

function readPlan(document: Members): PlanAnswer {
  const entries = objects(document["entries"]);
  const problems = [...objects(document["problems"]), ...entries.flatMap(({ problems }) => objects(problems))];
  const conflicts = entries.flatMap(({ conflicts }) => objects(conflicts));
  const failures = [
    ...problems.map((problem) => fail(describeProblem(problem))),
    ...conflicts.map(({ message, reason }) => ({
      message: sentence(message),
      brief: shorten(sentence(message)),
      missing: reason === "missing",
    })),
    ...(document["possible"] === false && problems.length + conflicts.length === 0 ? [fail("no reason is given")] : []),
  ];
  return {
    failures: unique(failures, ({ message }) => message),
    changes: unique(entries.flatMap(({ changes }) => objects(changes).map(({ message }) => sentence(message)))),
    drift: unique(entries.flatMap(({ drift }) => objects(drift).map(describeDrift))),
  };
}

function fail(message: string): Failure {
  return { message, brief: message, missing: false };
}

/** What is the matter comes first in a sentence of ifacer's, what to do about it after a colon. */
function shorten(message: string): string {
  return message.split(": ", 1)[0] ?? "";
}

function describeProblem({ path, message }: Members): string {
  const place = text(path) ?? "";
  return place === "" ? sentence(message) : `${place}: ${sentence(message)}`;
}

function describeDrift({ link, what, current, desired }: Members): string {
  return `${sentence(link)} has ${sentence(what)} ${sentence(current)}, the config wants ${sentence(desired)}`;
}

function readStatus(links: readonly Members[]): StatusAnswer {
  // Those in Pods' namespaces are not the node's.
  const own = links.filter(({ namespace, name }) => text(namespace) === undefined && text(name) !== undefined);
  return {
    // A dummy that something stands on is somebody's NIC; status shows no other.
    nics: own.filter(({ kind }) => kind === "nic" || kind === "dummy").map(({ name }) => sentence(name)),
    facts: [...own.flatMap(listFacts), ...listVlanFacts(own)],
    problems: unique(own.flatMap(({ problems }) => strings(problems).map(shorten))),
  };
}

function listFacts(link: Members): Fact[] {
  const subject = sentence(link["name"]);
  const vlan = isObject(link["vlan"]) ? link["vlan"] : {};
  const bond = isObject(link["bond"]) ? link["bond"] : {};
  const options = isObject(bond["options"]) ? bond["options"] : {};
  const values: readonly (readonly [property: string, value: unknown])[] = [
    ["kind", link["kind"]],
    ["MTU", link["mtu"]],
    ["driver", link["driver"]],
    ["speed", link["speed"]],
    ["master", link["kind"] === "nic" || link["kind"] === "dummy" ? (link["master"] ?? "nothing") : undefined],
    ["VLAN id", vlan["id"]],
    ["VLAN protocol", vlan["protocol"]],
    ["mode", bond["mode"]],
    ...Object.entries(options),
  ];
  return values.flatMap(([property, value]) => {
    if (typeof value !== "string" && typeof value !== "number") return [];
    return [{ subject, property, value: String(value) }];
  });
}

/** On which links a VLAN id is. */
function listVlanFacts(links: readonly Members[]): Fact[] {
  const parents = new Map<number, string[]>();
  for (const { vlan, parent } of links) {
    const id = isObject(vlan) ? vlan["id"] : undefined;
    if (typeof id !== "number" || typeof parent !== "string") continue;
    parents.set(id, [...(parents.get(id) ?? []), parent]);
  }
  return [...parents].map(([id, names]) => ({
    subject: `VLAN ${id}`,
    property: "parent",
    value: unique(names).toSorted().join(" and "),
  }));
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objects(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string").map(sentence) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** No sentence of ifacer's is longer; what is must not fill the screen. */
const longestSentence = 1000;

function sentence(value: unknown): string {
  const given = typeof value === "string" || typeof value === "number" ? String(value) : "?";
  return given.length > longestSentence ? `${given.slice(0, longestSentence)}...` : given;
}

function unique<T>(values: readonly T[], keyOf: (value: T) => unknown = (value) => value): T[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}
