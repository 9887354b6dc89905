import { refusePermission } from "../../apply/apply.ts";
import { chooseNics } from "../../apply/chooseNics.ts";
import type { Choosing } from "../../apply/locked.ts";
import { asksForAnything } from "../../config/desired.ts";
import { readConfig, requireDesired } from "../../config/read.ts";
import { readSelectEntry, type SelectEntry, withInterfaces } from "../../config/select.ts";
import { CniError, Code, errorOfAll } from "../../error.ts";
import { hasNetAdmin } from "../../host/proc.ts";
import { encodeJson, type JsonObject } from "../../json.ts";
import { observe } from "../../observe/observe.ts";
import { type Choice, describeTooFew, isEnough, listNames, type OwnLinks } from "../../plan/choose.ts";
import { listDone } from "../../plan/describe.ts";
import { allowAll } from "../../policy/judge.ts";
import type { Policy } from "../../policy/schema.ts";
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
  const policy = await readPolicy(prefetched);
  const choosing = { rules: entry.rules, own: listOwnLinks(entry), policy };
  const choice = await chooseNics(entry.rules, choosing);
  const desire = (latest: Choice) => {
    if (!isEnough(entry.rules, latest)) throw tooFew(entry, latest, Code.missingInterface);
    return requireDesired(readConfig(withInterfaces(config.body, listNames(latest)))).desired;
  };
  const choose: Choosing = async ({ lock }) => {
    const { chooseWithLink } = await import("../../apply/awaitLinks.ts");
    return chooseWithLink({ ...choosing, desire }, lock);
  };
  if (isEnough(entry.rules, choice))
    return (await loadNodeLinks()).add(withChosen(request, choice), prefetched, choose);
  if (!choice.verdicts.some(({ pending }) => pending)) throw tooFew(entry, choice, Code.missingInterface);
  if (!(await hasNetAdmin())) refusePermission();
  const { applyLocked } = await import("../../apply/locked.ts");
  const judge = policy ? (await import("../../policy/load.ts")).judgeBy(policy) : allowAll;
  return { document, journal: listDone(await applyLocked(choose, { judge })) };
}

/** The choice is that among the NICs as they are. */
export async function check(request: RequestOf<"CHECK">, prefetched: Prefetched): Promise<Answer> {
  const entry = requireEntry(request.config.body);
  if (!asksForAnything(entry.example)) return silence;
  const choice = await chooseNow(entry, prefetched);
  if (!isEnough(entry.rules, choice)) throw tooFew(entry, choice, Code.changed);
  return (await loadNodeLinks()).check(withChosen(request, choice), prefetched);
}

/** Throws code 50 where ADD can not work now. A NIC whose link can't be told may still be chosen. */
export async function status(request: RequestOf<"STATUS">, prefetched: Prefetched): Promise<Answer> {
  const entry = requireEntry(request.config.body);
  if (!asksForAnything(entry.example)) return silence;
  const { checkInterfaces, checkNode } = await import("./nodeStatus.ts");
  await checkNode(entry.example);
  const choice = await chooseNow(entry, prefetched);
  if (isEnough(entry.rules, choice)) {
    const { desired } = requireDesired(readConfig(withChosen(request, choice).config.body));
    checkInterfaces(desired, await observe(desired, { depth: "links", look: prefetched.look }));
    return silence;
  }
  const pending = choice.verdicts.filter((verdict) => verdict.pending);
  if (choice.chosen.length + pending.length < entry.rules.atLeast) throw tooFew(entry, choice, Code.notAvailable);
  return silence;
}

function requireEntry(body: JsonObject): SelectEntry {
  const reading = readSelectEntry(body);
  if (reading.entry) return reading.entry;
  throw errorOfAll(
    reading.code,
    reading.problems.map(({ path, message }) => `${path}: ${message}`),
    { lead: "the config is not valid, " },
  );
}

async function chooseNow(entry: SelectEntry, prefetched: Prefetched): Promise<Choice> {
  return chooseNics(entry.rules, { own: listOwnLinks(entry), policy: await readPolicy(prefetched) });
}

async function readPolicy({ policyPossible }: Prefetched): Promise<Policy | undefined> {
  return policyPossible ? (await import("../../policy/load.ts")).loadPolicy() : undefined;
}

/** What the config makes, which has to be known for choosing. */
function listOwnLinks({ example }: SelectEntry): OwnLinks {
  const [vlan] = example.vlans;
  return { bond: example.bond?.name, vlan };
}

function tooFew({ rules }: SelectEntry, choice: Choice, code: Code): CniError {
  const { message, details } = describeTooFew(rules, choice);
  return new CniError(code, message, { details });
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
