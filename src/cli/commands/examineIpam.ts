import { CniError } from "../../error.ts";
import { findPlugin } from "../../plugins/find.ts";
import type { Judgement } from "../read/judge.ts";
import type { Finding } from "./examine.ts";

/** Where distributions and the reference plugins' own packages put plugins. */
const usualFolders = "/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni";

/** Whether the plugins are there that ifacer would call for configs: in the folders of CNI_PATH, else the usual ones. */
export function examineIpam(judgements: readonly Judgement[]): Finding[] {
  const ipam = new Set(judgements.flatMap(listIpamTypes));
  const main = new Set(judgements.flatMap(({ pool }) => pool?.plugin.type ?? []));
  const path = process.env["CNI_PATH"] || usualFolders;
  return [
    ...[...main].map((type) => examinePlugin("main plugin", type, path)),
    ...[...ipam].map((type) => examinePlugin("IPAM plugin", type, path)),
  ];
}

/** Blocks are given out by host-local, and what one plugin gave for all interfaces by static. */
function listIpamTypes({ desired, pool }: Judgement): readonly string[] {
  if (pool?.ipam.kind === "blocks") return ["host-local"];
  const own = desired?.ipam === undefined ? [] : [desired.ipam];
  return pool?.ipam.kind === "once" ? [...own, "static"] : own;
}

function examinePlugin(kind: "main plugin" | "IPAM plugin", type: string, path: string): Finding {
  const what = `${kind} ${type}`;
  try {
    return { what, state: "good", message: findPlugin(type, { path, what: `the ${kind}` }) };
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const remedy =
      "install what brings it (the package containernetworking-plugins has the reference ones); where the runtime looks elsewhere, say so by CNI_PATH=FOLDER:FOLDER";
    return { what, state: "bad", message: error.message, remedy };
  }
}
