import { accessSync, constants, statSync } from "node:fs";
import { CniError, Code } from "../error.ts";
import { describeJson } from "../json.ts";

/**
 * The path of the plugin of a `type`: the first that is in one of the folders of CNI_PATH, as libcni looks for it
 * (CNI specification, section 3, "Plugin discovery").
 *
 * @param what what the plugin is for: `the IPAM plugin`
 * @throws CniError code 7: the type is no name of a file; code 102: it is in none of the folders
 */
export function findPlugin(type: string, { path, what }: { path: string; what: string }): string {
  if (type.includes("/") || type.includes("\0") || type === "." || type === "..") {
    throw new CniError(
      Code.invalidConfig,
      `${what} ${describeJson(type)} is not the name of a plugin: no '/' may be in it`,
    );
  }
  const folders = path.split(":").filter((folder) => folder.startsWith("/"));
  const found = folders.map((folder) => `${folder.replace(/\/+$/, "")}/${type}`).find(isProgram);
  if (found !== undefined) return found;
  throw new CniError(
    Code.notSupported,
    `${what} ${type} is in no folder of CNI_PATH (${folders.join(", ") || "which names none"}): put it there`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
