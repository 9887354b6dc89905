import { expect, test } from "bun:test";
import { readCall, readRequest } from "../../src/cni/request.ts";
import { CniError } from "../../src/error.ts";
import { encodeJson } from "../../src/json.ts";
import { convertResult } from "../../src/protocol/result.ts";
import { newestVersion, supportedVersions } from "../../src/protocol/versions.ts";
import { rightAnswers, titleOf, type Vector, vectors, withoutEmpty } from "./vectors.ts";

/** What the pure part of a verb makes of a call: what it prints, or the code of its error. */
function answer({ env, stdin }: Vector): { code: number } | { stdout: unknown } {
  try {
    const request = readRequest(readCall(env), new TextEncoder().encode(stdin));
    switch (request.verb) {
      case "VERSION":
        return { stdout: { cniVersion: newestVersion, supportedVersions: [...supportedVersions] } };
      case "ADD": {
        const { prevResult, cniVersion } = request.config;
        return { stdout: JSON.parse(encodeJson(convertResult(prevResult, cniVersion))) };
      }
      case "CHECK":
      case "DEL":
      case "GC":
      case "STATUS":
        return { stdout: null };
    }
  } catch (error) {
    if (error instanceof CniError) return { code: error.code };
    throw error;
  }
}

/** A call without a command is not a request: it prints the about text, which only the executable can show. */
const requests = vectors.filter(({ env }) => env["CNI_COMMAND"] !== "");

test.each(requests.map((vector) => [titleOf(vector), vector] as const))("%s", (_, vector) => {
  const got = answer(vector);
  if (vector.expect.code !== undefined) {
    expect(got).toEqual({ code: vector.expect.code });
  } else {
    expect(got).toHaveProperty("stdout");
    const stdout = "stdout" in got ? got.stdout : undefined;
    expect(rightAnswers(vector)).toContainEqual(vector.env["CNI_COMMAND"] === "ADD" ? withoutEmpty(stdout) : stdout);
  }
});
