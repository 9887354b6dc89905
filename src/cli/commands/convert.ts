import { type Conversion, convertSpiderMultusConfig } from "../../convert/convert.ts";
import { readDocuments } from "../../convert/documents.ts";
import { convertMultiNicNetwork } from "../../convert/multiNicNetwork.ts";
import type { Problem } from "../../model.ts";
import type { Options } from "../arguments.ts";
import { type File, readFiles } from "../read/files.ts";
import { describeProblem } from "../read/judge.ts";
import { writeYaml } from "../read/yaml.ts";
import { type Report, versioned } from "../show/report.ts";

/** `ifacer convert`: the NetworkAttachmentDefinitions that Spiderpool would write, and those for MultiNicNetworks; all or none. */
export function convert(options: Options): Report {
  const read = readFiles(options.values("--file")).map(convertFile);
  const problems = read.flatMap((file) => file.problems);
  const notes = read.flatMap((file) => file.notes).map((note) => `warning: ${describeProblem(note)}`);
  if (problems.length > 0) {
    return {
      status: 1,
      text: [],
      json: versioned({ problems }),
      notes: [...notes, ...problems.map(describeProblem)],
    };
  }
  const manifests = read.flatMap((file) => file.manifests);
  return {
    status: 0,
    text: manifests.map(writeYaml).join("---\n"),
    json: manifests.length === 1 ? manifests[0] : { apiVersion: "v1", kind: "List", items: manifests },
    notes,
  };
}

type Manifest = Extract<Conversion, { ok: true }>["manifest"];

interface Converted {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
}

function convertFile({ name, bytes }: File): Converted {
  const read = readDocuments(new TextDecoder().decode(bytes));
  const under = (place: string) => (problem: Problem) => ({ path: place, message: describeProblem(problem) });
  const converted = read.documents.map((document, index): Converted => {
    const place = read.documents.length === 1 ? name : `${name}: document ${index + 1}`;
    const kind = kindOf(document);
    if (kind === "MultiNicNetwork") {
      const conversion = convertMultiNicNetwork(document);
      if (!conversion.ok) return { manifests: [], problems: conversion.problems.map(under(place)), notes: [] };
      return { manifests: conversion.manifests, problems: [], notes: conversion.notes.map(under(place)) };
    }
    if (kind !== undefined && kind !== "SpiderMultusConfig") {
      const message = `is left out: it is a ${kind}, neither a SpiderMultusConfig nor a MultiNicNetwork`;
      return { manifests: [], problems: [], notes: [{ path: place, message }] };
    }
    const conversion = convertSpiderMultusConfig(document);
    if (!conversion.ok) return { manifests: [], problems: conversion.problems.map(under(place)), notes: [] };
    return { manifests: [conversion.manifest], problems: [], notes: conversion.notes.map(under(place)) };
  });
  const problems = [...read.problems.map(under(name)), ...converted.flatMap((one) => one.problems)];
  const manifests = converted.flatMap((one) => one.manifests);
  if (problems.length + manifests.length === 0)
    problems.push({ path: name, message: "there is no SpiderMultusConfig and no MultiNicNetwork in it" });
  return { manifests, problems, notes: [...read.notes.map(under(name)), ...converted.flatMap((one) => one.notes)] };
}

function kindOf(document: unknown): string | undefined {
  if (typeof document !== "object" || document === null || !("kind" in document)) return undefined;
  return typeof document.kind === "string" ? document.kind : undefined;
}
