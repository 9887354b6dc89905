import { refusePermission } from "../../apply/apply.ts";
import { chooseAsSeen, chooseWithLock, requireEnough, type Selection } from "../../apply/chooseNics.ts";
import { asksForAnything } from "../../config/desired.ts";
import { readConfig, requireDesired } from "../../config/read.ts";
import { readSelectEntry, type SelectEntry, withInterfaces } from "../../config/select.ts";
import { CniError, Code, errorOfAll } from "../../error.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import { encodeJson, type JsonObject } from "../../json.ts";
import { observe } from "../../observe/observe.ts";
import { type Choice, isEnough, listNames } from "../../plan/choose.ts";
import { listDone } from "../../plan/describe.ts";
import { allowAll } from "../../policy/judge.ts";
import { convertResult } from "../../protocol/result.ts";
import type { Answer, Prefetched } from "../answer.ts";
import type { NetworkConfig, RequestOf } from "../request.ts";

const silence: Answer = { journal: [] };

/**
 * Chooses among the NICs as they are. Where all is in place on the chosen ones, that is all; else it is chosen anew with the lock
 * held, and NICs of which only the link is missing are set up for it.
 */
export async function add(request: RequestOf<"ADD">, prefetched: Prefetched): Promise<Answer> {
  const { config } = request;
  const document = encodeJson(convertResult(config.prevResult, config.cniVersion));
  const entry = requireEntry(config.body);
  if (!asksForAnything(entry.example)) return { document, journal: [] };
  const selection = await select(config.body, entry, prefetched);
  const choice = await chooseAsSeen(selection);
  const choose = chooseWithLock(selection);
  if (isEnough(entry.rules, choice)) {
    return (await loadNodeLinks()).add(withChosen(request, choice), prefetched, choose);
  }
  if (!choice.verdicts.some(({ pending }) => pending)) requireEnough(entry, choice, Code.missingInterface);
  if (!(await hasNetAdmin())) refusePermission();
  const { applyLocked } = await import("../../apply/locked.ts");
  const { policy } = selection;
  const judge = policy ? (await import("../../policy/load.ts")).judgeBy(policy) : allowAll;
  const make = (choosing = choose) => applyLocked(choosing, { judge });
  const outcome = await (entry.example.removeUnused
    ? (await import("./noted.ts")).whileNoted(request, { desired: undefined, choose }, make)
    : make());
  return { document, journal: listDone(outcome) };
}

/** Throws what ADD would have to change. The choice is that among the NICs as they are. */
export async function check(request: RequestOf<"CHECK">, prefetched: Prefetched): Promise<Answer> {
  const { body } = request.config;
  const entry = requireEntry(body);
  if (!asksForAnything(entry.example)) return silence;
  const selection = await selectIfReadable(body, entry, prefetched);
  if (selection === undefined) return silence;
  const choice = await chooseAsSeen(selection);
  requireEnough(entry, choice, Code.changed);
  return (await loadNodeLinks()).check(withChosen(request, choice), prefetched);
}

/** Throws code 50 where ADD can not work now. A NIC of which only the link is missing may still be chosen. */
export async function status(request: RequestOf<"STATUS">, prefetched: Prefetched): Promise<Answer> {
  const { body } = request.config;
  const entry = requireEntry(body);
  if (!asksForAnything(entry.example)) return silence;
  const { checkInterfaces, checkNode } = await import("./nodeStatus.ts");
  await checkNode(entry.example);
  const selection = await selectIfReadable(body, entry, prefetched);
  if (selection === undefined) return silence;
  const choice = await chooseAsSeen(selection);
  const pending = choice.verdicts.filter((verdict) => verdict.pending);
  if (!isEnough(entry.rules, choice) && choice.chosen.length + pending.length >= entry.rules.atLeast) return silence;
  requireEnough(entry, choice, Code.notAvailable);
  const { desired } = requireDesired(readConfig(withChosen(request, choice).config.body));
  checkInterfaces(desired, await observe(desired, { depth: "links", look: prefetched.look }));
  return silence;
}

/** What the config says. Throws code 6 or 7 with all that is wrong with it on any node. */
function requireEntry(body: JsonObject): SelectEntry {
  const reading = readSelectEntry(body);
  if (reading.entry) return reading.entry;
  throw errorOfAll(
    reading.code,
    reading.problems.map(({ path, message }) => `${path}: ${message}`),
    { lead: "the config is not valid, " },
  );
}

async function select(body: JsonObject, entry: SelectEntry, { policyPossible }: Prefetched): Promise<Selection> {
  const policy = policyPossible ? (await import("../../policy/load.ts")).loadPolicy() : undefined;
  return { body, entry, policy };
}

/** `undefined`: the node's policy can't be read, so that nobody can tell what ADD chose. A mistake in it must not end running Pods. */
async function selectIfReadable(
  body: JsonObject,
  entry: SelectEntry,
  prefetched: Prefetched,
): Promise<Selection | undefined> {
  try {
    return await select(body, entry, prefetched);
  } catch (error) {
    if (error instanceof CniError && error.code === Code.forbidden) return undefined;
    throw error;
  }
}

/** The request as if its config had listed the chosen NICs. */
function withChosen<Asked extends { readonly config: NetworkConfig }>(request: Asked, choice: Choice): Asked {
  const { config } = request;
  return { ...request, config: { ...config, body: withInterfaces(config.body, listNames(choice)) } };
}

/** Loaded already, by all calls that look at links. */
function loadNodeLinks() {
  return import("./nodeLinks.ts");
}
