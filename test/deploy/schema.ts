/** A DaemonSet against the schema of Kubernetes' API. */
import { validate } from "kubernetes-models/_schemas/IoK8sApiAppsV1DaemonSet";

/** Where the schema is not met. */
export function findFaults(value: unknown): string[] {
  validate(value);
  const { errors } = validate as { errors?: { instancePath: string }[] | null };
  return (errors ?? []).map(({ instancePath }) => instancePath);
}

/**
 * The fields that the schema does not have, which the API server would drop or refuse. The schema allows them, but what
 * checks it only looks at those that it knows.
 */
export function findUnknown(value: unknown): string[] {
  const unseen = new Set<string>();
  const watch = (part: unknown, path: string): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const inner = new Map(Object.entries(part).map(([key, member]) => [key, watch(member, `${path}/${key}`)]));
    for (const key of inner.keys()) unseen.add(`${path}/${key}`);
    return new Proxy(part, {
      get(target, key) {
        if (typeof key !== "string" || !inner.has(key)) return Reflect.get(target, key);
        unseen.delete(`${path}/${key}`);
        return inner.get(key);
      },
    });
  };
  findFaults(watch(value, ""));
  return [...unseen];
}
