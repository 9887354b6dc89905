import { readStatus, type StatusAnswer } from "./facts.ts";
import { isObject, type Members, objects, sentence, shorten, text, unique } from "./members.ts";

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

/**
 * Reads a document of `ifacer plan` or `ifacer status`, also of `ifacer status -f`, which is both; `undefined`: it is none.
 * Nothing of it is trusted: members of another type count as not there.
 */
export function readAnswer(document: unknown): Answer | undefined {
  if (!isObject(document) || document["version"] !== 1) return undefined;
  const node = readNode(document);
  if (isObject(document["error"])) {
    const { code, message } = document["error"];
    const error = {
      code: typeof code === "number" ? code : 0,
      message: message === undefined ? "no reason is given" : sentence(message),
    };
    // An error that does not say of which command it is counts for both.
    const command = document["command"];
    return {
      node,
      plan: command === "status" ? undefined : judgeError(error),
      status: command === "plan" ? undefined : { error },
    };
  }
  const plan = Array.isArray(document["entries"]) ? readPlan(document) : undefined;
  const status = Array.isArray(document["links"]) ? readStatus(document["links"]) : undefined;
  return plan === undefined && status === undefined ? undefined : { node, plan, status };
}

/** The node that says it, where the document may be of an ifacer at all, be it of another version. */
export function readNode(document: unknown): string | undefined {
  if (!isObject(document) || typeof document["version"] !== "number") return undefined;
  const name = text(document["node"]);
  return name !== undefined && name !== "" && name.length <= longestName ? name : undefined;
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

function describeProblem({ path, message }: Members): string {
  const place = text(path) ?? "";
  return place === "" ? sentence(message) : `${place}: ${sentence(message)}`;
}

function describeDrift({ link, what, current, desired }: Members): string {
  return `${sentence(link)} has ${sentence(what)} ${sentence(current)}, the config wants ${sentence(desired)}`;
}
