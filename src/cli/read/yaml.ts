/**
 * A Kubernetes manifest as a YAML document that YAML 1.1 (kubectl) and 1.2 read alike: every string that could be taken for
 * something else is quoted.
 */
export function writeYaml(value: object): string {
  return `${writeMembers(value, "").join("\n")}\n`;
}

function writeMembers(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    if (Array.isArray(inner)) throw new TypeError("manifests of ours have no lists");
    if (typeof inner !== "object" || inner === null) return [`${indent}${writeText(key)}: ${writeText(String(inner))}`];
    if (Object.keys(inner).length === 0) return [`${indent}${writeText(key)}: {}`];
    return [`${indent}${writeText(key)}:`, ...writeMembers(inner, `${indent}  `)];
  });
}

/** Words that YAML 1.1 takes for something else than text. */
const reserved = /^(y|n|yes|no|on|off|true|false|null)$/i;

function writeText(text: string): string {
  if (/^[A-Za-z][\w./-]*$/.test(text) && !reserved.test(text)) return text;
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
