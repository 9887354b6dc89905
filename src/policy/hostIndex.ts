import * as z from "zod/v4/core";
import { integer, object, shapeOf } from "../config/kinds.ts";
import { CniError, Code } from "../error.ts";
import { readRootFile } from "../host/rootFile.ts";
import { decodeJson, JsonObject } from "../json.ts";

/** Where the node's admin says what this node is among the others. */
export const nodePath = "/etc/ifacer/node.json";

const fields = { hostIndex: () => integer({ min: 0, max: 0xffffffff }) };

/**
 * The index that the node's admin gave it; `undefined`: none. Not from a config, which all nodes share.
 *
 * Throws code 106 where the file can't be read, is not valid, or others than root may write it: with another index, the node would
 * give addresses of another one.
 */
export function readHostIndex(): number | undefined {
  const file = readRootFile(nodePath);
  if (file === undefined) return undefined;
  if ("fault" in file) throw refuse(file.fault);
  const plain = decodePlain(file.bytes);
  const parsed = z.safeParse(object(shapeOf(fields, plain)), plain);
  if (parsed.success) return parsed.data.hostIndex;
  const [issue] = parsed.error.issues;
  const at = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : issue?.path.join(".");
  throw refuse(`${at ? `${at} in ` : ""}${nodePath} is not valid, allowed is {"hostIndex": NUMBER}`);
}

function decodePlain(bytes: Uint8Array): unknown {
  try {
    const json = decodeJson(bytes, nodePath);
    if (!(json instanceof JsonObject)) return json;
    const plain = new Map(json.members);
    // Either may be the one that was meant.
    if (plain.size < json.members.length) throw new Error(`${nodePath} has a key twice`);
    return Object.fromEntries(plain);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function refuse(fault: string): CniError {
  return new CniError(Code.forbidden, `no address is given until the node's index is mended, ${fault}`);
}
