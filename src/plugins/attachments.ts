import { isJsonArray, type Json, JsonObject, member } from "../json.ts";

/** The keys under which GC is told which attachments are valid (CNI specification, "GC"; libcni sends both). */
const keys = ["cni.dev/valid-attachments", "cni.dev/attachments"];

/**
 * GC's config for an IPAM plugin: each valid attachment stands there under its own name, and again under the name that the plugin
 * was given for it.
 *
 * @param nameLink the name that the plugin was given for an attachment of this interface; `undefined`: none
 */
export function withLinkNames(body: JsonObject, nameLink: (ifName: string) => string | undefined): JsonObject {
  const members = body.members.map(([key, value]): [string, Json] =>
    keys.includes(key) && value !== null && isJsonArray(value) ? [key, addNames(value, nameLink)] : [key, value],
  );
  return new JsonObject(members);
}

function addNames(attachments: readonly Json[], nameLink: (ifName: string) => string | undefined): readonly Json[] {
  return attachments.flatMap((attachment) => {
    const ifName = attachment instanceof JsonObject ? member(attachment, "ifname") : undefined;
    const name = typeof ifName === "string" ? nameLink(ifName) : undefined;
    if (!(attachment instanceof JsonObject) || name === undefined || name === ifName) return [attachment];
    const others = attachment.members.filter(([key]) => key.toLowerCase() !== "ifname");
    return [attachment, new JsonObject([...others, ["ifname", name]])];
  });
}

/** The ids of the containers whose attachments are valid; `undefined`: GC was not told. */
export function listAttachedContainers(body: JsonObject): readonly string[] | undefined {
  const lists = body.members.filter(([key]) => keys.includes(key)).map(([, value]) => value);
  if (lists.length === 0) return undefined;
  return lists
    .flatMap((list) => (list !== null && isJsonArray(list) ? list : []))
    .flatMap((attachment) => {
      const id = attachment instanceof JsonObject ? member(attachment, "containerID") : undefined;
      return typeof id === "string" ? [id] : [];
    });
}
