import * as z from "zod/v4/core";
import { bondModes } from "../model.ts";
import { array, boolean, integer, object, oneOf, shapeOf, text } from "./kinds.ts";

const bondFields = {
  name: () => text(),
  mode: () => {
    const error = `an integer from 0 to 6 or one of ${bondModes.join(", ")}`;
    const options = [integer({ min: 0, max: 6 }), oneOf(bondModes)] as const;
    return new z.$ZodUnion({ type: "union", options, error: () => error }) as z.$ZodUnion<typeof options>;
  },
  options: () => text(),
};

const vlanFields = {
  name: () => text(),
  protocol: () => oneOf(["802.1Q", "802.1ad"]),
  options: () => text(),
};

/** The check is not built for an array that passes it anyway. */
function interfaces(value: unknown) {
  const error = "an array of at least one interface name";
  const passes = Array.isArray(value) && value.length > 0;
  const least = () => new z.$ZodCheckMinLength({ check: "min_length", minimum: 1, error: () => error });
  return array(text("an interface name"), error, passes ? [] : [least()]);
}

const probeFields = {
  addresses: () => array(text("an IP address"), "an array of IP addresses"),
  timeout: () => integer({ min: 1, max: 30 }),
  onSilence: () => oneOf(["fail", "note"]),
};

const optionalFields = {
  vlanID: () => integer({ min: 0, max: 4094 }),
  bond: (bond?: unknown) => object(shapeOf(bondFields, bond)),
  vlan: (vlan?: unknown) => object(shapeOf(vlanFields, vlan)),
  mtu: () => integer({ min: 68, max: 65535 }),
  duplicateVlanID: () => oneOf(["reject", "allow"]),
  allowInUse: boolean,
  removeUnused: boolean,
  probe: (probe?: unknown) => object(shapeOf(probeFields, probe)),
};

/** The keys in their canonical spelling. */
export const configKeys = ["interfaces", ...Object.keys(optionalFields)];
export const bondKeys = Object.keys(bondFields);
export const vlanKeys = Object.keys(vlanFields);
export const probeKeys = Object.keys(probeFields);

/**
 * The schema of the keys of a network config that are ifacer's, in their canonical spelling. All others (`cniVersion`, `name`,
 * `type`, what runtimes add) are not ifacer's to judge.
 *
 * @param config the config that is to be judged: only what that one needs is built. Without it, the schema of all
 */
export function configSchema(config?: Readonly<Record<string, unknown>>) {
  const shape = { interfaces: interfaces(config?.["interfaces"]), ...shapeOf(optionalFields, config) };
  return new z.$ZodObject({ type: "object", shape }) as z.$ZodObject<typeof shape>;
}

export type Config = z.output<ReturnType<typeof configSchema>>;
