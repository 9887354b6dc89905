import { desire } from "../config/desired.ts";
import type { Problem } from "../model.ts";
import { parseJSON } from "./chain.ts";
import { blockOfType, type CniType, masterBlock } from "./cniTypes.ts";
import { annotations, at } from "./metadata.ts";
import { problem } from "./problem.ts";
import type { Document, MasterSpec, Spec } from "./schema.ts";

/**
 * What Spiderpool lets through in a SpiderMultusConfig and a node chokes on, or does not do as one may think. `type` is the
 * spec's cniType, defaulted.
 *
 * The masters, the bond and the VLAN are judged as ifacer does on the node: by the rules of its own config.
 */
export function lint({ metadata, spec }: Document, type: CniType): Problem[] {
  const block = masterBlock(spec, type);
  const networkName = metadata.annotations?.[annotations.configName];
  return [
    ...(block ? lintMasters(block, type) : []),
    ...lintPools(spec, type),
    ...lintCustom(spec, type),
    ...problem(
      at(annotations.configName),
      networkName &&
        !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(networkName) &&
        `is ${JSON.stringify(networkName)}, which no runtime takes as a network's name`,
    ),
  ];
}

function lintMasters(block: MasterSpec, type: CniType): Problem[] {
  const { master = [], bond = {}, mtu } = block;
  const vlanID = type === "vlan" ? 0 : (block.vlanID ?? 0);
  // Modes that can't be are refused elsewhere, and options can't be judged without one.
  const isModeKnown = (bond.mode ?? 0) >= 0 && (bond.mode ?? 0) <= 6;
  const reading = desire({
    interfaces: master,
    vlanID,
    bond: block.bond && {
      name: bond.name,
      mode: isModeKnown ? (bond.mode ?? 0) : 0,
      options: isModeKnown ? bond.options : undefined,
    },
  });
  const place = (path: string) => `spec.${type}.${path.replace(/^interfaces/, "master")}`;
  return [
    ...reading.problems.map(({ path, message }) => ({
      path: place(path),
      message: `${message} (Spiderpool lets it through, ifacer on the node does not)`,
    })),
    // That nothing is made is right here: Spiderpool then leaves ifacer out of the chain.
    ...reading.warnings
      .filter(({ path }) => path !== "interfaces")
      .map(({ path, message }) => ({ path: place(path), message })),
    ...problem(
      place("mtu"),
      mtu !== undefined && mtu !== 0 && (mtu < 68 || mtu > 65535) && `is ${mtu}, which no link can have`,
    ),
  ];
}

function lintPools(spec: Spec, type: CniType): Problem[] {
  if (type === "custom" || type === "sriov") return [];
  const block = blockOfType[type];
  return problem(
    `spec.${block}.ippools.matchMasterSubnet`,
    spec[block]?.ippools?.matchMasterSubnet && `has no effect with cniType ${type}, only with sriov`,
  );
}

function lintCustom({ customCNI }: Spec, type: CniType): Problem[] {
  if (type !== "custom") return [];
  const path = "spec.customCNI";
  if (!customCNI) return problem(path, "is empty: Multus looks for a config of this name on the node");
  const config = parseJSON(customCNI);
  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  const isConfig = isObject && ("type" in config || "plugins" in config);
  return problem(path, !isConfig && "has neither type nor plugins, no node can run it");
}
