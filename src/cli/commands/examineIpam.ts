import { CniError } from "../../error.ts";
import { findPlugin } from "../../plugins/find.ts";
import type { Judgement } from "../read/judge.ts";
import type { Finding } from "./examine.ts";

/** Where distributions and the reference plugins' own packages put plugins. */
const usualFolders = "/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni";

/** Whether the IPAM plugins are there that configs want for links in Pods: in the folders of CNI_PATH, else the usual ones. */
export function examineIpam(judgements: readonly Judgement[]): Finding[] {
  const types = new Set(judgements.flatMap(({ desired }) => desired?.ipam ?? []));
  return [...types].map((type) => examinePlugin(type, process.env["CNI_PATH"] || usualFolders));
}

function examinePlugin(type: string, path: string): Finding {
  const what = `IPAM plugin ${type}`;
  try {
    return { what, state: "good", message: findPlugin(type, { path, what: "the IPAM plugin" }) };
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    const remedy =
      "install what brings it (the package containernetworking-plugins has the reference ones); where the runtime looks elsewhere, say so by CNI_PATH=FOLDER:FOLDER";
    return { what, state: "bad", message: error.message, remedy };
  }
}
