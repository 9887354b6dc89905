import { parseJSON } from "./chain.ts";
import { marshalGo } from "./goJSON.ts";
import type { CoordinatorSpec, MasterSpec, PoolsSpec, Spec } from "./schema.ts";

/** A plugin config; its members in the order of Spiderpool's Go struct. `undefined` members are left out. */
type Plugin = Readonly<Record<string, unknown>>;

/** What tunePodRoutes is where a `coordinator` is given without it. */
export interface PluginDefaults {
  readonly tunePodRoutes: boolean;
}

/**
 * The plugin chain that Spiderpool writes for a spec without faults (refusals.ts), each as its JSON text; none for `custom`.
 *
 * Order and members are those of generateNetAttachDef in pkg/multuscniconfig, with the defaults of its mutating webhook:
 * numbers 0, bond options "", an InfiniBand link "enable".
 */
export function makePlugins(spec: Spec, defaults: PluginDefaults): string[] {
  const chained = (spec.chainCNIJsonData ?? []).map((json) => marshalGo(parseJSON(json), "sorted"));
  const coordinator = spec.enableCoordinator ? [makeCoordinator(spec.coordinator, defaults)] : [];
  const declared = (plugins: readonly Plugin[]) => plugins.map((plugin) => marshalGo(plugin, "declared"));
  return [...declared(makeMainPlugins(spec)), ...chained, ...declared([...coordinator, ...makeLastPlugins(spec)])];
}

function makeMainPlugins(spec: Spec): Plugin[] {
  switch (spec.cniType) {
    case "macvlan":
      return makeMasterPlugins(spec.macvlan ?? {}, spec, { type: "macvlan", mode: "bridge" });
    case "ipvlan":
      return makeMasterPlugins(spec.ipvlan ?? {}, spec, { type: "ipvlan" });
    case "vlan":
      return makeVlanPlugins(spec);
    case "sriov":
      return makeSriovPlugins(spec);
    case "ib-sriov":
      return [makeIbSriov(spec)];
    case "ipoib":
      return [{ type: "ipoib", master: nonEmpty(spec.ipoib?.master), ipam: makeIPAM(spec, spec.ipoib?.ippools) }];
    case "ovs":
      return [makeOvs(spec)];
    default:
      return [];
  }
}

/** macvlan and ipvlan: ifacer makes the bond and the VLAN that they stand on. */
function makeMasterPlugins(block: MasterSpec, spec: Spec, main: { type: string; mode?: string }): Plugin[] {
  const vlanID = block.vlanID ?? 0;
  const parent = nameParent(block);
  return [
    ...(vlanID !== 0 || (block.master ?? []).length > 1 ? [makeIfacer(block, vlanID)] : []),
    {
      type: main.type,
      master: vlanID === 0 ? parent : `${parent}.${vlanID}`,
      mode: main.mode,
      mtu: block.mtu ?? 0,
      ipam: makeIPAM(spec, block.ippools),
    },
  ];
}

/** The vlan plugin makes the VLAN itself, in the Pod; ifacer only the bond below. */
function makeVlanPlugins(spec: Spec): Plugin[] {
  const block = spec.vlan ?? {};
  const vlanMode = block.vlanMode ?? "manual";
  return [
    ...((block.master ?? []).length > 1 ? [makeIfacer(block, 0)] : []),
    {
      type: "vlan",
      master: nameParent(block),
      vlanMode,
      vlanId: vlanMode === "auto" ? undefined : (block.vlanID ?? 0),
      mtu: block.mtu ?? 0,
      ipam: makeIPAM(spec, block.ippools),
    },
  ];
}

/** The link that a block's masters amount to: the one NIC, or the bond of several. */
export function nameParent(block: MasterSpec): string {
  const [first = "", ...more] = block.master ?? [];
  return more.length === 0 ? first : (block.bond?.name ?? "");
}

function makeIfacer(block: MasterSpec, vlanID: number): Plugin {
  const { bond } = block;
  return {
    vlanID: vlanID === 0 ? undefined : vlanID,
    type: "ifacer",
    interfaces: block.master,
    bond: bond && { name: bond.name ?? "", mode: bond.mode ?? 0, options: bond.options ?? "" },
  };
}

function makeSriovPlugins(spec: Spec): Plugin[] {
  const block = spec.sriov ?? {};
  const sriov = {
    vlan: block.vlanID ?? 0,
    min_tx_rate: block.minTxRateMbps ?? 0,
    max_tx_rate: block.maxTxRateMbps ?? 0,
    type: "sriov",
    ipam: makeIPAM(spec, block.ippools, { matchMasterSubnet: block.ippools?.matchMasterSubnet ?? false }),
  };
  return block.rdmaIsolation ? [sriov, { type: "rdma" }] : [sriov];
}

/** sriov takes no MTU: the tuning plugin sets it, after all others. */
function makeLastPlugins(spec: Spec): Plugin[] {
  const mtu = spec.cniType === "sriov" ? (spec.sriov?.mtu ?? 0) : 0;
  return mtu > 0 ? [{ type: "tuning", mtu }] : [];
}

function makeIbSriov(spec: Spec): Plugin {
  const block = spec.ibsriov ?? {};
  return {
    type: "ib-sriov",
    pkey: block.pkey ?? "",
    link_state: block.linkState ?? "enable",
    rdmaIsolation: block.rdmaIsolation ?? true,
    ibKubernetesEnabled: block.enableIbKubernetes ?? false,
    ipam: makeIPAM(spec, block.ippools),
  };
}

function makeOvs(spec: Spec): Plugin {
  const block = spec.ovs ?? {};
  return {
    vlan: block.vlan ?? 0,
    type: "ovs",
    bridge: block.bridge ?? "",
    deviceID: nonEmpty(block.deviceID),
    ipam: makeIPAM(spec, block.ippools),
    trunk: nonEmpty(block.trunk?.map(({ minID, maxID, id }) => ({ minID, maxID, id }))),
  };
}

function makeIPAM(
  spec: Spec,
  pools: PoolsSpec | undefined,
  options = { matchMasterSubnet: false },
): Plugin | undefined {
  if (spec.disableIPAM) return undefined;
  return {
    type: "spiderpool",
    default_ipv4_ippool: nonEmpty(pools?.ipv4),
    default_ipv6_ippool: nonEmpty(pools?.ipv6),
    match_master_subnet: options.matchMasterSubnet || undefined,
  };
}

/** podRPFilter is only written beside a podCIDRType: so does Spiderpool. */
function makeCoordinator(given: CoordinatorSpec | undefined, defaults: PluginDefaults): Plugin {
  const block = given ?? { tunePodRoutes: true };
  return {
    txQueueLen: given && (given.txQueueLen ?? 0),
    vethLinkAddress: nonEmpty(block.vethLinkAddress),
    vethMTU: block.vethMTU,
    tunePodRoutes: block.tunePodRoutes ?? defaults.tunePodRoutes,
    podMACPrefix: nonEmpty(block.podMACPrefix),
    mode: nonEmpty(block.mode ?? "auto"),
    type: "coordinator",
    podDefaultRouteNic: nonEmpty(block.podDefaultRouteNIC),
    podRPFilter: block.podCIDRType === undefined ? undefined : (block.podRPFilter ?? 0),
    hijackCIDR: nonEmpty(block.hijackCIDR),
    policyRoutes: nonEmpty(block.policyRoutes?.map(({ dst, gw }) => ({ dst, gw }))),
  };
}

/** Go's omitempty for strings and lists. */
function nonEmpty<Value extends { readonly length: number }>(value: Value | undefined): Value | undefined {
  return value?.length === 0 ? undefined : value;
}
