import { member } from "../../json.ts";
import type { Desired, Problem } from "../../model.ts";
import type { Plugin } from "./entries.ts";

/** Main plugins that put a Pod's interface on the link that their `master` names. */
const mainPlugins = ["macvlan", "ipvlan", "macvtap", "vlan"];

/** Warns of the plugins after ifacer's entry whose `master` is not what it makes: their Pods would be on another network. */
export function findForeignMasters(desired: Desired, followers: readonly Plugin[]): Problem[] {
  const made = listTopLinks(desired);
  return followers.flatMap(({ path, body }) => {
    const type = member(body, "type");
    if (typeof type !== "string" || !mainPlugins.includes(type) || member(body, "linkInContainer") === true) return [];
    const master = member(body, "master");
    if (typeof master === "string" && made.includes(master)) return [];
    const found = typeof master === "string" && master !== "" ? `its master is ${master}` : "it has no master";
    return [{ path, message: `${type}: ${found}, but what ifacer makes for it is ${made.join(" or ")}` }];
  });
}

/** The names under which the plugins after ifacer find what they are to stand on. */
export function listTopLinks(desired: Desired): readonly string[] {
  if (desired.vlans.length > 0)
    return desired.vlans.flatMap(({ name, shortName }) => (shortName ? [name, shortName] : [name]));
  return desired.bond ? [desired.bond.name] : desired.interfaces;
}
