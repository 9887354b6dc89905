import { apply } from "../../apply/apply.ts";
import type { Choosing } from "../../apply/locked.ts";
import { asksForAnything } from "../../config/desired.ts";
import { readConfig, requireDesired } from "../../config/read.ts";
import { Code, errorOfAll } from "../../error.ts";
import { encodeJson, type JsonObject, member } from "../../json.ts";
import type { Desired } from "../../model.ts";
import { observe } from "../../observe/observe.ts";
import { planLinks } from "../../plan/links.ts";
import { allowAll, type Judge } from "../../policy/judge.ts";
import { convertResult } from "../../protocol/result.ts";
import type { Answer, Prefetched } from "../answer.ts";
import type { RequestOf } from "../request.ts";

const silence: Answer = { journal: [] };

/**
 * The version and the result are looked at before the host is touched.
 *
 * @param choose where the interfaces were chosen by rule
 */
export async function add(request: RequestOf<"ADD">, prefetched: Prefetched, choose?: Choosing): Promise<Answer> {
  const { config } = request;
  const document = encodeJson(convertResult(config.prevResult, config.cniVersion));
  const { desired } = requireDesired(readConfig(config.body));
  const make = (choosing = choose) => makeLinks(desired, prefetched, choosing);
  const journal = await (desired.removeUnused
    ? (await import("./noted.ts")).whileNoted(request, { desired, choose }, make)
    : make());
  return { document, journal };
}

async function makeLinks(
  desired: Desired,
  { look, policyPossible }: Prefetched,
  choose: Choosing | undefined,
): Promise<readonly string[]> {
  // The policy is read while `ip` is at work.
  const looking = asksForAnything(desired) ? observe(desired, { depth: "links", look }) : undefined;
  const [judge, seen] = await Promise.all([policyPossible ? readPolicy() : allowAll, looking]);
  if (seen === undefined) return [];
  const done = await apply(desired, { judge, seen, choose });
  // Where all is in place, there is nothing to tell.
  const isSilent = Object.values(done).every(({ length }) => length === 0);
  return isSilent ? [] : (await loadWords()).listDone(done);
}

/** Throws what ADD would have to change, and what is in its way. */
export async function check({ config }: RequestOf<"CHECK">, { look }: Prefetched): Promise<Answer> {
  const desired = findDesired(config.body);
  if (desired === undefined) return silence;
  const { changes, conflicts } = planLinks(desired, await observe(desired, { depth: "links", look }));
  if (conflicts.length + changes.length === 0) return silence;
  const { describeLack } = await loadWords();
  throw errorOfAll(Code.changed, [...conflicts.map(({ message }) => message), ...changes.map(describeLack)]);
}

/** Throws code 50 where ADD can not work now. */
export async function status({ config }: RequestOf<"STATUS">, { look }: Prefetched): Promise<Answer> {
  const desired = findDesired(config.body);
  if (desired === undefined) return silence;
  // What runtimes ask seldom is not loaded for every Pod.
  const { checkInterfaces, checkNode } = await import("./nodeStatus.ts");
  await checkNode(desired);
  checkInterfaces(desired, await observe(desired, { depth: "links", look }));
  return silence;
}

/** Loads what removes links, which needs most of what ADD needs: all of that stays in few files so. */
export const loadRemoval = () => import("../../apply/unused.ts");

const loadWords = () => import("../../plan/describe.ts");

async function readPolicy(): Promise<Judge> {
  return (await import("../../policy/load.ts")).readPolicy();
}

/** What the config asks for; `undefined`: nothing, or a runtime took our keys out of it. */
function findDesired(body: JsonObject): Desired | undefined {
  if (member(body, "interfaces") === undefined) return undefined;
  const { desired } = requireDesired(readConfig(body));
  return asksForAnything(desired) ? desired : undefined;
}
