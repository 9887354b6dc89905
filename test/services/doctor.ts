/** What `ifacer doctor` says on the node about its services, and the drop-ins that it writes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { executable } from "../kernel/harness.ts";
import type { ServiceNode } from "./node.ts";

interface Finding {
  readonly what: string;
  readonly state: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What it says about a service, by its name. */
export async function askDoctor(node: ServiceNode, service: string): Promise<Finding> {
  const { findings } = await doctor(node);
  const found = findings.find(({ what }: Finding) => what === service);
  if (found === undefined) throw new Error(`doctor says nothing about ${service}: ${JSON.stringify(findings)}`);
  return found;
}

/** Puts the file that keeps a service off the node's links to where it belongs; the service has not read it then. */
export async function putDropIn(node: ServiceNode, option: "--network-manager" | "--networkd"): Promise<void> {
  const { path, text } = await doctor(node, option);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function doctor(node: ServiceNode, ...options: readonly string[]) {
  const { stdout, stderr } = await node.run([executable, "doctor", "-f", "/dev/stdin", "-o", "json", ...options], {
    stdin: JSON.stringify(node.config),
  });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}
