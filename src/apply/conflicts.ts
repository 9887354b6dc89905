import { Code, errorOfAll } from "../error.ts";
import type { Conflict } from "../model.ts";

/** Throws the conflicts as one error, with all of them in the details. */
export function refuseConflicts(conflicts: readonly Conflict[]): void {
  if (conflicts.length === 0) return;
  const [code = Code.conflict] = [
    ...conflicts.filter(({ reason }) => reason === "forbidden").map(() => Code.forbidden),
    ...conflicts.filter(({ reason }) => reason === "missing").map(() => Code.missingInterface),
  ];
  throw errorOfAll(
    code,
    conflicts.map(({ message }) => message),
  );
}
