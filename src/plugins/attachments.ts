import { isJsonArray, type Json, JsonObject, member } from "../json.ts";

/** The keys under which GC is told which attachments are valid (CNI specification, "GC"; libcni sends both). */
export const attachmentKeys = ["cni.dev/valid-attachments", "cni.dev/attachments"];

/**
 * GC's config for another plugin: each valid attachment stands there under its own name, and again under the names that the plugin
 * was given for it.
 *
 * @param nameLinks the names that the plugin was given for an attachment of this interface
 */
export function withLinkNames(body: JsonObject, nameLinks: (ifName: string) => readonly string[]): JsonObject {
  const members = body.members.map(([key, value]): [string, Json] =>
    attachmentKeys.includes(key) && value !== null && isJsonArray(value)
      ? [key, addNames(value, nameLinks)]
      : [key, value],
  );
  return new JsonObject(members);
}

function addNames(attachments: readonly Json[], nameLinks: (ifName: string) => readonly string[]): readonly Json[] {
  return attachments.flatMap((attachment) => {
    const ifName = attachment instanceof JsonObject ? member(attachment, "ifname") : undefined;
    if (!(attachment instanceof JsonObject) || typeof ifName !== "string") return [attachment];
    const others = attachment.members.filter(([key]) => key.toLowerCase() !== "ifname");
    const names = nameLinks(ifName).filter((name) => name !== ifName);
    return [attachment, ...names.map((name) => new JsonObject([...others, ["ifname", name]]))];
  });
}

/** The ids of the containers whose attachments are valid; `undefined`: GC was not told. */
export function listAttachedContainers(body: JsonObject): readonly string[] | undefined {
  const lists = body.members.filter(([key]) => attachmentKeys.includes(key)).map(([, value]) => value);
  if (lists.length === 0) return undefined;
  return lists
    .flatMap((list) => (list !== null && isJsonArray(list) ? list : []))
    .flatMap((attachment) => {
      const id = attachment instanceof JsonObject ? member(attachment, "containerID") : undefined;
      return typeof id === "string" ? [id] : [];
    });
}
