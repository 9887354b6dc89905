import * as z from "zod/mini";

// Every schema carries as its error the words for what is allowed; read.ts puts the path and the found value before them.

const text = z.string({ error: "a string" });
const flag = z.boolean({ error: "true or false" });
const int32 = z.int32({ error: "an integer" });
const count = z.int32({ error: "an integer, at least 0" }).check(z.minimum(0, { error: "an integer, at least 0" }));
const texts = z.array(text, { error: "a list of strings" });

/** An object of these fields, all of which may be left out, as in Go's decoder. */
function fields<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.partial(z.strictObject(shape, { error: "an object" }));
}

const poolsSchema = fields({ ipv4: texts, ipv6: texts, matchMasterSubnet: flag });

const bondSchema = fields({ name: text, mode: int32, options: text });

const masterFields = {
  master: texts,
  vlanID: int32,
  mtu: int32,
  bond: bondSchema,
  ippools: poolsSchema,
  rdmaResourceName: text,
};

const masterSchema = fields(masterFields);

const vlanSchema = fields({ ...masterFields, vlanMode: text });

const sriovSchema = fields({
  resourceName: text,
  vlanID: int32,
  minTxRateMbps: int32,
  maxTxRateMbps: int32,
  mtu: int32,
  rdmaIsolation: flag,
  ippools: poolsSchema,
});

const ibSriovSchema = fields({
  resourceName: text,
  pkey: text,
  linkState: text,
  rdmaIsolation: flag,
  enableIbKubernetes: flag,
  ippools: poolsSchema,
});

const ipoibSchema = fields({ master: text, ippools: poolsSchema });

const ovsSchema = fields({
  bridge: text,
  vlan: int32,
  trunk: z.array(fields({ minID: count, maxID: count, id: count }), { error: "a list of objects" }),
  deviceID: text,
  ippools: poolsSchema,
});

const coordinatorSchema = fields({
  mode: text,
  podCIDRType: text,
  hijackCIDR: texts,
  policyRoutes: z.array(fields({ dst: text, gw: text }), { error: "a list of objects" }),
  podMACPrefix: text,
  podDefaultRouteNIC: text,
  podRPFilter: int32,
  hostRuleTable: int32,
  tunePodRoutes: flag,
  txQueueLen: int32,
  vethLinkAddress: text,
  vethMTU: int32,
});

const specSchema = fields({
  cniType: text,
  macvlan: masterSchema,
  ipvlan: masterSchema,
  vlan: vlanSchema,
  sriov: sriovSchema,
  ibsriov: ibSriovSchema,
  ipoib: ipoibSchema,
  ovs: ovsSchema,
  customCNI: text,
  chainCNIJsonData: texts,
  enableCoordinator: flag,
  disableIPAM: flag,
  coordinator: coordinatorSchema,
});

/**
 * A SpiderMultusConfig (spiderpool.spidernet.io/v2beta1) as users write it and as a cluster holds it. Only types are judged
 * here; ranges and what goes together are refusals.ts's.
 */
export const documentSchema = z.strictObject(
  {
    apiVersion: z.optional(z.literal("spiderpool.spidernet.io/v2beta1", { error: "spiderpool.spidernet.io/v2beta1" })),
    kind: z.optional(z.literal("SpiderMultusConfig", { error: "SpiderMultusConfig" })),
    metadata: z.object(
      {
        name: text,
        namespace: z.optional(text),
        annotations: z.optional(z.record(z.string(), text, { error: "an object of strings" })),
      },
      { error: "an object with a name" },
    ),
    spec: z._default(specSchema, {}),
    status: z.optional(z.unknown()),
  },
  { error: "a SpiderMultusConfig object" },
);

/** A SpiderMultusConfig whose types are right. */
export type Document = z.infer<typeof documentSchema>;
export type Spec = z.infer<typeof specSchema>;
export type MasterSpec = z.infer<typeof vlanSchema>;
export type BondSpec = z.infer<typeof bondSchema>;
export type PoolsSpec = z.infer<typeof poolsSchema>;
export type CoordinatorSpec = z.infer<typeof coordinatorSchema>;
