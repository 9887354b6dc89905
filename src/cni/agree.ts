import { CniError, Code } from "../error.ts";
import { describeJson } from "../json.ts";
import { isSupported, supportedVersions, type Verb, type Version } from "../protocol/versions.ts";

/** The version of the specification that brought the verb in; the others were there from the start. */
const since: Partial<Record<Verb, Version>> = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" };

/**
 * The version that `cniVersion` of a config asks for; an empty one means 0.1.0.
 *
 * @throws CniError code 1: ifacer doesn't speak it, or the verb is younger; code 6: not a version at all. The reference
 * library tells the two apart only for verbs that must compare versions, so `abc` is code 1 for ADD and 6 for CHECK.
 */
export function agreeOnVersion(cniVersion: string, verb: Verb): Version {
  const version = cniVersion === "" ? "0.1.0" : cniVersion;
  const oldest = since[verb];
  if (oldest !== undefined) {
    const asked = parse(version);
    const least = parse(oldest);
    if (asked === undefined) throw unusable(Code.decoding, "is not a version", version);
    if (least !== undefined && isBelow(asked, least)) {
      throw new CniError(
        Code.version,
        `${verb} needs cniVersion ${oldest} or later, the network config says ${version}`,
      );
    }
  }
  if (isSupported(version)) return version;
  throw unusable(Code.version, "is not supported", version);
}

function unusable(code: Code, problem: string, version: string): CniError {
  const known = supportedVersions.join(", ");
  return new CniError(code, `cniVersion ${describeJson(version)} ${problem}: use one of ${known}`);
}

type Parts = readonly [major: number, minor: number, micro: number];

/** One to three decimal numbers with dots between, as the reference library reads a version. */
function parse(version: string): Parts | undefined {
  if (!/^[+-]?\d{1,18}(\.[+-]?\d{1,18}){0,2}$/.test(version)) return undefined;
  const [major = 0, minor = 0, micro = 0] = version.split(".").map(Number);
  return [major, minor, micro];
}

function isBelow(version: Parts, least: Parts): boolean {
  if (version[0] !== least[0]) return version[0] < least[0];
  return version[1] !== least[1] ? version[1] < least[1] : version[2] < least[2];
}
