import { findKind, findPathKey } from "../../cni/kinds.ts";
import { readCall, readRequest } from "../../cni/request.ts";
import { readNodePath } from "../../config/nodePath.ts";
import { readPodEntry } from "../../config/podEntry.ts";
import { readConfig } from "../../config/read.ts";
import { readSelectEntry, type SelectEntry } from "../../config/select.ts";
import { CniError } from "../../error.ts";
import { encodeJson, type JsonObject, member } from "../../json.ts";
import type { Desired, Problem } from "../../model.ts";
import { foreseePath } from "../../plan/nodePath.ts";
import { type PoolEntry, poolKey, readPoolEntry } from "../../pool/entry.ts";
import { desireMasters } from "../../pool/layout.ts";
import type { Entry } from "./entries.ts";
import { findForeignMasters } from "./masters.ts";
import { foresee, type Outlook } from "./outlook.ts";

/** An entry, and what ADD would say about it without looking at the node. */
export interface Judgement {
  readonly path: string;
  /** As the runtime reads it; `undefined`: it is missing, or no string. */
  readonly cniVersion: string | undefined;
  /** `undefined`: the entry is not valid. */
  readonly desired: Desired | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** What it is read from, where NICs are chosen by rule; `desired` is an example then, in which only their names are made up. */
  readonly select?: { readonly body: JsonObject; readonly entry: SelectEntry } | undefined;
  /** One network over several NICs; `desired` has but the NICs that it names then. */
  readonly pool?: PoolEntry | undefined;
  /** What the Pods are like that the links are in; `undefined`: the links are the node's. */
  readonly inPods?: Outlook | undefined;
}

/** Finds all problems and warnings of an entry. */
export function judge(entry: Entry): Judgement {
  const { path, body, followers } = entry;
  const { reading, inPods, select, pool } = readEntry(entry);
  const problems = [...findProtocolFaults(body), ...reading.problems];
  const isKnown =
    reading.desired !== undefined && !inPods && !pool && (select === undefined || select.entry.isNamedAlike);
  const foreign = isKnown && reading.desired ? findForeignMasters(reading.desired, followers) : [];
  const cniVersion = member(body, "cniVersion");
  return {
    path,
    cniVersion: typeof cniVersion === "string" ? cniVersion : undefined,
    inPods,
    select,
    pool,
    desired: problems.length === 0 ? reading.desired : undefined,
    problems,
    warnings: [
      ...reading.warnings,
      ...foreign.map((problem) => ({ ...problem, path: withoutPrefix(problem.path, path) })),
    ],
  };
}

/** What an entry says, read as its kind is. Keys of two kinds are a problem. */
function readEntry(
  entry: Entry,
): Pick<Judgement, "inPods" | "select" | "pool"> & { reading: Pick<Judgement, "desired" | "problems" | "warnings"> } {
  const { body } = entry;
  try {
    const isNode = findKind(body).place === "node";
    if (member(body, poolKey) !== undefined) return readPool(body);
    if (isNode && member(body, "select") !== undefined) return readSelection(body);
    if (isNode) return { reading: readConfig(body) };
    const inPods = foresee(entry);
    if (findPathKey(body) !== undefined) return { reading: readPath(entry, inPods), inPods };
    return { reading: readPodEntry(body, inPods).reading, inPods };
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    return { reading: { desired: undefined, problems: [{ path: "", message: error.message }], warnings: [] } };
  }
}

/** An entry whose Pods get a way to their node: it has to stand behind the plugin that makes their interface. */
function readPath({ body }: Entry, { main }: Outlook) {
  const { nodePath, problems, warnings } = readNodePath(body);
  const lone = {
    path: "",
    message: "no main plugin (macvlan, ipvlan, ...) stands before it in the list: ADD would fail",
  };
  const all = main ? problems : [...problems, lone];
  return { desired: nodePath && all.length === 0 ? foreseePath(nodePath) : undefined, problems: all, warnings };
}

function readSelection(body: JsonObject): ReturnType<typeof readEntry> {
  const { entry, problems, warnings } = readSelectEntry(body);
  return {
    reading: { desired: entry?.example, problems, warnings },
    ...(entry && { select: { body, entry } }),
  };
}

function readPool(body: JsonObject): ReturnType<typeof readEntry> {
  const { entry, problems, warnings } = readPoolEntry(body);
  if (entry === undefined) return { reading: { desired: undefined, problems, warnings } };
  const interfaces = "interfaces" in entry.nics ? entry.nics.interfaces : [];
  return { reading: { desired: desireMasters(entry, interfaces), problems, warnings }, pool: entry };
}

/** A call as a runtime makes it for a Pod. */
const environment = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "pod",
  CNI_NETNS: "/run/netns/pod",
  CNI_IFNAME: "net1",
  CNI_PATH: "/opt/cni/bin",
};

/** What is wrong with what every network config has: its version, its name, its previous result. */
function findProtocolFaults(body: JsonObject): Problem[] {
  try {
    readRequest(readCall(environment), Buffer.from(encodeJson(body)));
    return [];
  } catch (error) {
    if (error instanceof CniError) return [{ path: "", message: error.message }];
    throw error;
  }
}

/** `plugins[1]`, where the entry is `net.yaml: plugins[0]`. */
function withoutPrefix(path: string, other: string): string {
  const prefix = other.slice(0, other.lastIndexOf("plugins["));
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

/** `path: message`, or the message alone where it has no place of its own. */
export function describeProblem({ path, message }: Problem): string {
  return path === "" ? message : `${path}: ${message}`;
}
