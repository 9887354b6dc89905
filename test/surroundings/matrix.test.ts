import { expect, test } from "bun:test";
import { supportedVersions, type Verb, verbs } from "../../src/protocol/versions.ts";
import { executable, forADD, run } from "./start.ts";

const variables = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"] as const;

/** CNI specification, "Parameters" of each operation. */
const required: Record<Verb, readonly string[]> = {
  ADD: variables,
  CHECK: variables,
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
  VERSION: [],
};

const since: Partial<Record<Verb, string>> = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" };

/** The code that the call has to end with; `undefined`: success. */
function expectedCode(verb: Verb, cniVersion: string, taken: string | undefined): number | undefined {
  if (taken !== undefined && required[verb].includes(taken)) return 4;
  const oldest = (supportedVersions as readonly string[]).indexOf(since[verb] ?? "0.1.0");
  const isTooOld = verb !== "VERSION" && (supportedVersions as readonly string[]).indexOf(cniVersion) < oldest;
  return isTooOld ? 1 : undefined;
}

test.each([...verbs])(
  "%s by the executable: each version, each variable missing, empty or there",
  async (verb) => {
    const cases = supportedVersions.flatMap((cniVersion) =>
      [undefined, ...variables].flatMap((taken) => [undefined, ""].map((value) => ({ cniVersion, taken, value }))),
    );
    for (const { cniVersion, taken, value } of cases) {
      const { [taken ?? "none"]: _, ...rest } = { ...forADD, none: "" };
      const env = { ...rest, ...(taken !== undefined && value !== undefined && { [taken]: value }), CNI_COMMAND: verb };
      const stdin = JSON.stringify({ cniVersion, name: "net", interfaces: ["ens192"] });
      const { status, stdout, stderr } = await run([executable], { env, stdin });
      const code = expectedCode(verb, cniVersion, taken);
      const answer = stdout === "" ? undefined : JSON.parse(stdout);
      expect({ cniVersion, taken, value, status, stderr, code: answer?.code }).toEqual({
        cniVersion,
        taken,
        value,
        status: code === undefined ? 0 : 1,
        stderr: "",
        code,
      });
      if (code === 4) expect(answer.msg).toContain(taken);
      else if (code === undefined)
        expect(answer?.cniVersion).toBe({ ADD: cniVersion, VERSION: "1.1.0" }[verb as string]);
    }
  },
  60_000,
);
