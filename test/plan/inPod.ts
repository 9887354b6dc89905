/** A Pod for the tests of plans: what is wanted of it, and what is there. */
import { readPodEntry } from "../../src/config/podEntry.ts";
import { decodeJson, JsonObject } from "../../src/json.ts";
import type { Address, Current, Desired, Link, Route } from "../../src/model.ts";

/** What an entry asks of the Pod whose interface is eth0. */
export function desire(entry: object): Desired {
  const body = decodeJson(Buffer.from(JSON.stringify(entry)), "the entry");
  if (!(body instanceof JsonObject)) throw new Error("no object");
  const { desired, problems } = readPodEntry(body, { ifName: "eth0" }).reading;
  if (desired === undefined) throw new Error(JSON.stringify(problems));
  return desired;
}

/** A place with these links and no addresses but those given, by the link's name. */
export function place(
  links: readonly Link[],
  uses: Readonly<Record<string, { addresses?: readonly Address[]; routes?: readonly Route[] }>> = {},
): Current {
  const whole = Object.entries(uses).map(
    ([name, use]) => [name, { addresses: [], routes: [], sharedElsewhere: false, ...use }] as const,
  );
  return { links, vlans: [], uses: new Map(whole) };
}
