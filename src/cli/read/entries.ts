import { CniError } from "../../error.ts";
import { decodeJson, describeJson, isJsonArray, type Json, JsonObject, member } from "../../json.ts";
import type { Problem } from "../../model.ts";
import { type Document, exactMember, readFileDocuments } from "./documents.ts";
import type { File } from "./files.ts";

/** A plugin's config in a chain. */
export interface Plugin {
  /** Where it stands: `net.yaml: document 2: spec.config: plugins[0]`. */
  readonly path: string;
  /** As a runtime sends it: a conflist's name and version are put into it. */
  readonly body: JsonObject;
}

/** An entry of ifacer's, and the plugins before and after it in its chain. */
export interface Entry extends Plugin {
  readonly before: readonly Plugin[];
  readonly followers: readonly Plugin[];
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** What keeps a file or a document from being read. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Finds all entries of the type `ifacer` in files. That there is none is a problem. */
export function findEntries(files: readonly File[]): Entries {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const file of files) {
    const read = readFileDocuments(file);
    const before = entries.length + problems.length + read.problems.length;
    problems.push(...read.problems);
    warnings.push(...read.warnings);
    for (const document of read.documents) readDocument(document, { entries, problems, warnings });
    if (entries.length + problems.length === before && read.problems.length === 0) {
      problems.push({ path: file.name, message: "there is no entry of the type ifacer in it" });
    }
  }
  return { entries, problems, warnings };
}

interface Found {
  readonly entries: Entry[];
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

function readDocument({ path, value }: Document, found: Found): void {
  if (!(value instanceof JsonObject)) {
    found.problems.push({ path, message: `expected an object, got ${describeJson(value)}` });
    return;
  }
  const kind = exactMember(value, "kind");
  if (kind === "NetworkAttachmentDefinition") readAttachmentDefinition({ path, value }, found);
  else if (kind === "SpiderMultusConfig") {
    const message = "is a SpiderMultusConfig: turn it into what the node gets with 'ifacer convert' first";
    found.problems.push({ path, message });
  } else if (kind === undefined) readConfig(path, value, found);
}

/** Multus gives a config without a name that of the NetworkAttachmentDefinition. */
function readAttachmentDefinition({ path, value }: { path: string; value: JsonObject }, found: Found): void {
  const spec = exactMember(value, "spec");
  const config = spec instanceof JsonObject ? exactMember(spec, "config") : undefined;
  const place = `${path}: spec.config`;
  if (config === undefined || config === null || config === "") {
    found.warnings.push({ path: place, message: "is missing: Multus looks for a config of this name on the node" });
  } else if (typeof config !== "string") {
    const message = `must be JSON in a string, got ${describeJson(config)}: in YAML write 'config: |' and the JSON below it`;
    found.problems.push({ path: place, message });
  } else {
    const body = decode(config, place, found);
    if (body) readConfig(place, withName(body, exactMember(value, "metadata")), found);
  }
}

function decode(config: string, path: string, found: Found): JsonObject | undefined {
  try {
    const body = decodeJson(Buffer.from(config), path);
    if (body instanceof JsonObject) return body;
    found.problems.push({ path, message: `must be an object, got ${describeJson(body)}` });
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    found.problems.push({ path: "", message: error.message });
  }
  return undefined;
}

function withName(body: JsonObject, metadata: Json | undefined): JsonObject {
  const name = metadata instanceof JsonObject ? exactMember(metadata, "name") : undefined;
  if (name === undefined || (member(body, "name") ?? "") !== "") return body;
  return new JsonObject([...body.members, ["name", name]]);
}

/** A conflist is told by its plugins, a single plugin's config by its type; without either it is taken for ifacer's. */
function readConfig(path: string, body: JsonObject, { entries, problems, warnings }: Found): void {
  const plugins = member(body, "plugins");
  if (plugins === undefined) {
    const type = member(body, "type");
    if (type === "ifacer" || type === undefined) entries.push({ path, body, before: [], followers: [] });
    if (type === undefined) warnings.push({ path, message: 'type is missing: a runtime needs "type": "ifacer"' });
    return;
  }
  if (!isJsonArray(plugins)) {
    problems.push({ path, message: `plugins must be a list, got ${describeJson(plugins)}` });
    return;
  }
  const chain = plugins.map((plugin, index) => ({ path: `${path}: plugins[${index}]`, plugin }));
  const bodies = chain.flatMap(({ path, plugin }) => {
    if (plugin instanceof JsonObject) return [{ path, body: inChain(plugin, body) }];
    problems.push({ path, message: `must be an object, got ${describeJson(plugin)}` });
    return [];
  });
  for (const [index, plugin] of bodies.entries()) {
    if (member(plugin.body, "type") !== "ifacer") continue;
    entries.push({ ...plugin, before: bodies.slice(0, index), followers: bodies.slice(index + 1) });
  }
}

/** What a runtime sends to a plugin of a chain: its own keys, the chain's name and version (libcni, buildOneConfig). */
function inChain(plugin: JsonObject, list: JsonObject): JsonObject {
  const shared = ["name", "cniVersion"].flatMap((name) => {
    const value = member(list, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return new JsonObject([...plugin.members, ...shared]);
}
