import { byteLength, isPlain, longestName, plainName } from "../config/names.ts";
import { CniError, Code } from "../error.ts";
import { decodeJson, describeJson, type Json, JsonObject, member, membersNamed } from "../json.ts";
import { checkShape, dnsShape, type Shape } from "../protocol/shape.ts";
import { isVerb, type Verb, type Version, verbs } from "../protocol/versions.ts";
import { agreeOnVersion } from "./agree.ts";

/** What arrived on standard input, as far as the protocol judges it. */
export interface NetworkConfig {
  readonly cniVersion: Version;
  readonly name: string;
  /** The whole config, for ifacer's own keys. */
  readonly body: JsonObject;
  readonly prevResult: JsonObject | undefined;
}

/** What tells one Pod's interface from another. */
export interface Attachment {
  readonly containerID: string;
  /** Path of the Pod's network namespace; may be empty for DEL. */
  readonly netns: string;
  readonly ifName: string;
  /** CNI_ARGS as given; may be empty. */
  readonly args: string;
  readonly path: string;
  readonly config: NetworkConfig;
}

/**
 * A call of the plugin (CNI specification 1.1.0, "CNI operations"). `allowOwnNamespace`: CNI_NETNS_OVERRIDE says that the
 * Pod's namespace may be the plugin's own.
 */
export type Request =
  | ({ readonly verb: "ADD"; readonly allowOwnNamespace: boolean } & Attachment)
  | ({ readonly verb: "CHECK" } & Attachment)
  | ({ readonly verb: "DEL" } & Attachment)
  | { readonly verb: "GC"; readonly path: string; readonly config: NetworkConfig }
  | { readonly verb: "STATUS"; readonly path: string; readonly config: NetworkConfig }
  | { readonly verb: "VERSION" };

export type RequestOf<V extends Request["verb"]> = Extract<Request, { readonly verb: V }>;

type Environment = Readonly<Record<string, string | undefined>>;

const forOneInterface = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"] as const;

const required: Readonly<Record<Verb, readonly string[]>> = {
  ADD: forOneInterface,
  CHECK: forOneInterface,
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
  VERSION: [],
};

/** The members of every network config that the reference library decodes (pkg/types, NetConf), but for name and version. */
const knownMembers: Shape = {
  fields: {
    type: "string",
    capabilities: { anyOf: "boolean" },
    ipam: { fields: { type: "string" } },
    dns: dnsShape,
    prevResult: { fields: {} },
  },
};

/** A call as far as the environment tells it. `verb`: `undefined` for a command that ifacer does not know. */
export interface Call {
  readonly env: Environment;
  readonly command: string;
  readonly verb: Verb | undefined;
}

/**
 * Reads a call from the environment. Together with `readRequest` it finds what is wrong in the order of the reference library
 * (pkg/skel): variables, JSON, network name, command, version, types of the other members.
 *
 * @throws CniError code 4 (environment)
 */
export function readCall(env: Environment): Call {
  const command = env["CNI_COMMAND"] ?? "";
  const verb = isVerb(command) ? command : undefined;
  checkEnvironment(env, verb, command);
  return { env, command, verb };
}

/**
 * Reads what a call asks for; all but VERSION need what came on standard input.
 *
 * DEL, GC and STATUS don't judge what they don't need: a broken prevResult reads as none.
 *
 * @throws CniError code 4 (command), 6 (JSON, types), 7 (network name), 1 (version)
 */
export function readRequest({ env, command, verb }: Call, stdin: Uint8Array): Request {
  if (verb === "VERSION") return { verb };
  const body = decodeJson(stdin, "the network config on standard input");
  const name = networkName(body);
  if (verb === undefined || !(body instanceof JsonObject)) {
    const message = `CNI_COMMAND is ${describeJson(command)}, ifacer knows ${verbs.join(", ")}`;
    throw new CniError(Code.environment, message);
  }
  const cniVersion = agreeOnVersion(textOf(body, "cniVersion"), verb);
  if (verb === "ADD" || verb === "CHECK") checkShape(body, knownMembers, "");
  const prevResult = member(body, "prevResult");
  const config = { cniVersion, name, body, prevResult: prevResult instanceof JsonObject ? prevResult : undefined };
  const path = env["CNI_PATH"] ?? "";
  if (verb === "GC" || verb === "STATUS") return { verb, path, config };

  const attachment: Attachment = {
    containerID: env["CNI_CONTAINERID"] ?? "",
    netns: env["CNI_NETNS"] ?? "",
    ifName: env["CNI_IFNAME"] ?? "",
    args: env["CNI_ARGS"] ?? "",
    path,
    config,
  };
  if (verb !== "ADD") return { verb, ...attachment };
  const override = env["CNI_NETNS_OVERRIDE"] ?? "";
  return { verb, allowOwnNamespace: override === "1" || override.toUpperCase() === "TRUE", ...attachment };
}

const nameRule = "letters, digits, '_', '.' and '-', beginning with a letter or digit";

function checkEnvironment(env: Environment, verb: Verb | undefined, command: string): void {
  const needed = verb === undefined ? [] : required[verb];
  const missing = command === "" ? ["CNI_COMMAND"] : [];
  for (const name of needed) if ((env[name] ?? "") === "") missing.push(name);
  if (missing.length > 0) {
    const are = missing.length === 1 ? "is" : "are";
    const message = `${missing.join(", ")} ${are} missing or empty in the environment${command && ` of ${command}`}`;
    throw new CniError(Code.environment, message, { details: missing.join("\n") });
  }
  const containerID = env["CNI_CONTAINERID"] ?? "";
  if (needed.includes("CNI_CONTAINERID") && !plainName.test(containerID)) {
    throw new CniError(Code.environment, `CNI_CONTAINERID ${describeJson(containerID)} may have ${nameRule} only`);
  }
  if (needed.includes("CNI_IFNAME")) checkInterfaceName(env["CNI_IFNAME"] ?? "");
}

function checkInterfaceName(ifName: string): void {
  if (isPlain(ifName, longestName)) return;
  const fault = findInterfaceNameFault(ifName);
  if (fault) throw new CniError(Code.environment, `CNI_IFNAME ${describeJson(ifName)} ${fault}`);
}

/** What is wrong with a name that is not plain, as the reference library sees it (pkg/utils, ValidateInterfaceName). */
function findInterfaceNameFault(ifName: string): string | undefined {
  const length = byteLength(ifName);
  if (length > longestName) return `is ${length} bytes long, interface names have at most ${longestName}`;
  if (ifName === "." || ifName === "..") return "is not an interface name";
  // White space as Go's unicode.IsSpace has it: Unicode's, with U+0085, without U+FEFF, which JavaScript's `\s` takes in.
  const found = /[/:\p{White_Space}]/u.exec(ifName);
  if (found === null) return undefined;
  return `has ${JSON.stringify(found[0])} in it; interface names have no '/', no ':' and no white space`;
}

function networkName(body: Json): string {
  if (body !== null && !(body instanceof JsonObject)) {
    throw new CniError(Code.decoding, `the network config must be an object, got ${describeJson(body)}`);
  }
  const name = body === null ? "" : textOf(body, "name");
  if (name === "")
    throw new CniError(Code.invalidConfig, "name is missing in the network config: give the network a name");
  if (!plainName.test(name)) {
    throw new CniError(
      Code.invalidConfig,
      `name ${describeJson(name)} of the network config may have ${nameRule} only`,
    );
  }
  return name;
}

/** A member that must be a string; empty where it is missing. Go refuses a wrong type even where a later member overrides it. */
function textOf(body: JsonObject, name: string): string {
  const values = membersNamed(body, name);
  for (const value of values) checkShape(value, "string", name);
  let text = "";
  for (const value of values) if (typeof value === "string") text = value;
  return text;
}
