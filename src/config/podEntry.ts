import { Code } from "../error.ts";
import { describeJson, type Json, JsonObject, member } from "../json.ts";
import type { Problem } from "../model.ts";
import { nameAlias } from "./attachment.ts";
import type { InPod } from "./desired.ts";
import { type ConfigReading, readConfig } from "./read.ts";

/** What an entry with `linkInContainer` says: the links that it wants, who gives their addresses, and the Pod's DNS. */
export interface PodEntry {
  readonly reading: ConfigReading;
  /** The config's own `dns`, for where the IPAM plugin gives none. */
  readonly dns: JsonObject | undefined;
}

/**
 * Reads an entry whose links are in the Pod. Without `interfaces` it is about the interface that CNI_IFNAME names; `master` is
 * the reference vlan plugin's way to write one interface.
 */
export function readPodEntry(body: JsonObject, { ifName }: InPod): PodEntry {
  const own = findOwnProblems(body);
  const reading = readConfig(withInterfaces(body, ifName), { ifName });
  const ipam = readIpamType(body);
  const problems = [
    ...own.problems,
    ...reading.problems,
    ...(reading.desired ? judgeDesired(reading.desired, ipam) : []),
  ];
  const warnings = [...reading.warnings.filter(({ path }) => path !== "interfaces"), ...own.warnings];
  const dns = member(body, "dns");
  return {
    reading:
      problems.length === 0 && reading.desired
        ? { desired: { ...reading.desired, ipam, alias: nameAlias(ifName) }, problems: [], warnings }
        : {
            desired: undefined,
            problems,
            warnings,
            code: own.code ?? ("code" in reading ? reading.code : Code.invalidConfig),
          },
    dns: dns instanceof JsonObject && dns.members.length > 0 ? dns : undefined,
  };
}

/** The type of the IPAM plugin; an empty `ipam` or `type` means none, as in the reference plugins. */
function readIpamType(body: JsonObject): string | undefined {
  const ipam = member(body, "ipam");
  const type = ipam instanceof JsonObject ? member(ipam, "type") : undefined;
  return typeof type === "string" && type !== "" ? type : undefined;
}

function findOwnProblems(body: JsonObject) {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const linkInContainer = member(body, "linkInContainer");
  const master = member(body, "master");
  const wrong = (path: string, value: Json, allowed: string): void => {
    problems.push({ path, message: `wrong type, got ${describeJson(value)}, allowed ${allowed}` });
  };
  if (linkInContainer !== undefined && typeof linkInContainer !== "boolean") {
    wrong("linkInContainer", linkInContainer, "true or false");
  }
  if (master !== undefined && typeof master !== "string")
    wrong("master", master, "the name of one interface in the Pod");
  const code = problems.length > 0 ? Code.decoding : undefined;
  if (master !== undefined && master !== "" && member(body, "interfaces") !== undefined) {
    problems.push({ path: "master", message: "master and interfaces both name interfaces: leave one of them out" });
  }
  if (member(body, "duplicateVlanID") !== undefined) {
    const message = "is ignored: in a Pod, each of its interfaces may have each VLAN id once";
    warnings.push({ path: "duplicateVlanID", message });
  }
  if (member(body, "removeUnused") === true) {
    warnings.push({ path: "removeUnused", message: "is ignored: links in a Pod go with their Pod" });
  }
  return { problems, warnings, code };
}

/** The body with `interfaces` as the rules of the node's links want it. The vlan plugin takes an MTU of 0 for none. */
function withInterfaces(body: JsonObject, ifName: string): JsonObject {
  const members = body.members.filter(([, value]) => value !== null);
  const rest = member(body, "mtu") === 0 ? members.filter(([name]) => name.toLowerCase() !== "mtu") : members;
  if (member(body, "interfaces") !== undefined) return new JsonObject(rest);
  const master = member(body, "master");
  const name = typeof master === "string" && master !== "" ? master : ifName;
  return new JsonObject([...rest, ["interfaces", [name]]]);
}

function judgeDesired(
  { bond, vlans, interfaces }: NonNullable<ConfigReading["desired"]>,
  ipam: string | undefined,
): Problem[] {
  if (bond === undefined && vlans.length === 0) {
    const one = interfaces.length === 1 ? " (a bond needs two or more interfaces)" : "";
    return [{ path: "vlanID", message: `nothing would be made in the Pod: set vlanID, or bond${one}` }];
  }
  if (ipam !== undefined && (/[/\0]/.test(ipam) || ipam === "." || ipam === "..")) {
    const message = `got ${describeJson(ipam)}, allowed is the name of an IPAM plugin: a file of CNI_PATH, without '/'`;
    return [{ path: "ipam.type", message }];
  }
  if (ipam === "ifacer") return [{ path: "ipam.type", message: "ifacer gives no addresses: name an IPAM plugin" }];
  if (ipam !== undefined && vlans.length > 1) {
    const names = vlans.map(({ name }) => name).join(", ");
    return [
      { path: "ipam", message: `can't be for ${vlans.length} VLANs (${names}): make an entry of its own for each` },
    ];
  }
  return [];
}
