import * as z from "zod/mini";
import { bondOptions } from "../../config/bondOptions.ts";
import { vethListKeys } from "../../config/nodePath.ts";
import { configSchema } from "../../config/schema.ts";
import { selectSchema } from "../../config/select.ts";
import { vlanOptions } from "../../config/vlanOptions.ts";
import { policySchema } from "../../policy/schema.ts";

/** The JSON Schema of the config, as JSON: from the schema that ADD reads it with. */
export function writeConfigSchema(): string {
  return JSON.stringify(describeConfig());
}

/** The same of the node's policy. */
export function writePolicySchema(): string {
  return JSON.stringify(describePolicy());
}

function describeConfig(): unknown {
  const { properties, required, ...rest } = makeSchema(configSchema(), configWords);
  const { $schema: _, ...select } = makeSchema(selectSchema(), selectWords);
  return {
    ...rest,
    title: "ifacer's entry in a CNI conflist",
    properties: {
      type: { const: "ifacer", description: "The plugin's name." },
      ...properties,
      select,
      ...podProperties,
      ...pathProperties,
    },
    // In the Pod there is an interface to begin with, the runtime's. A network over several NICs may be over all.
    if: {
      anyOf: [
        { properties: { linkInContainer: { const: true } }, required: ["linkInContainer"] },
        ...["plugin", "nodePath", ...vethListKeys, "mac_prefix"].map((key) => ({ required: [key] })),
      ],
    },
    else: { oneOf: [{ required }, { required: ["select"] }] },
  };
}

/** Keys of links in the Pod. On the node, `master`, `ipam` and `dns` are keys of other plugins. */
const podProperties = {
  linkInContainer: {
    type: "boolean",
    description: "Whether the links are made in the Pod, for this Pod alone; false by default.",
  },
  master: {
    type: "string",
    description:
      "With linkInContainer: one interface in the Pod, in place of interfaces. Without either it is the one that CNI_IFNAME names.",
  },
  ipam: {
    type: "object",
    properties: { type: { type: "string", description: "The IPAM plugin; empty: none." } },
    description: "With linkInContainer: who gives the topmost link its addresses, with the keys of that IPAM plugin.",
  },
  plugin: {
    type: "object",
    properties: { type: { type: "string", description: "The main plugin, such as ipvlan or macvlan." } },
    required: ["type"],
    description: "Attaches each Pod to each NIC by this main plugin: one network over several NICs.",
  },
  masterNets: {
    type: "array",
    items: { type: "string" },
    description: "With plugin: the networks whose NICs are meant, such as 10.0.1.0/24, in this order.",
  },
  subnet: { type: "string", description: "With plugin and an ipam of the type multi-nic-ipam: the Pods' network." },
  multiNICIPAM: {
    type: "boolean",
    description: "With plugin: whether the IPAM plugin is called once for all interfaces; false by default.",
  },
  dns: {
    type: "object",
    description: "With linkInContainer: the Pod's DNS, where neither the plugin before nor the IPAM plugin gives any.",
  },
};

const subnets = { type: "array", items: { type: "string" } };

/** Keys of a way from the Pod to its node; those of the veth plugin are at the top. */
const pathProperties = {
  nodePath: {
    type: "object",
    additionalProperties: false,
    properties: {
      routes: {
        ...subnets,
        description: "Subnets that the Pod reaches through its node: services, the overlay's Pods.",
      },
      nodeAddresses: {
        ...subnets,
        minItems: 1,
        description: "The node's addresses that the Pod reaches. Not given: those of its NICs, bonds and VLANs.",
      },
      mtu: { type: "integer", minimum: 68, maximum: 65535, description: "Not given: that of the Pod's interface." },
      macPrefix: {
        type: "string",
        pattern: "^[0-9a-fA-F][02468aceACE][:-][0-9a-fA-F]{2}$",
        description: "The first two bytes of the MAC of the Pod's interface; its address gives the others.",
      },
      policyRoutes: {
        type: "boolean",
        description: "Whether the routes of a further interface move to a table of their own; false by default.",
      },
    },
    description: "Behind the main plugin: a way from the Pod to its node, and through it.",
  },
  ...Object.fromEntries(
    vethListKeys.map((key) => [key, { ...subnets, description: "nodePath.routes, as the veth plugin has them." }]),
  ),
};

function describePolicy(): unknown {
  return { ...makeSchema(policySchema(), policyWords), title: "ifacer's policy of a node, /etc/ifacer/policy.json" };
}

type JSONSchema = z.core.JSONSchema.BaseSchema;

function makeSchema(schema: z.core.$ZodType, words: Readonly<Record<string, string>>): JSONSchema {
  return z.toJSONSchema(schema, {
    // Keys that ifacer does not know are not wrong: runtimes add theirs.
    io: "input",
    override: ({ jsonSchema, path }) => {
      const description = words[path.filter((key) => key !== "properties").join(".")];
      if (description) jsonSchema.description = description;
    },
  });
}

function listOptions(options: readonly { readonly name: string }[]): string {
  return options.map(({ name }) => name).join(", ");
}

const configWords: Readonly<Record<string, string>> = {
  interfaces:
    "NICs of the node, by name or altname, or with linkInContainer interfaces in the Pod: the VLAN's parent, or the bond's slaves.",
  vlanID: "VLAN id; 0, the default: no VLAN.",
  bond: "Makes a bond of two or more interfaces; ignored with one.",
  "bond.name": "Name of the bond, sp_bond0 by default; in the Pod what CNI_IFNAME says.",
  "bond.mode":
    "Mode by the kernel's number or name. Not given: any mode of an existing bond is right, a new one gets balance-rr.",
  "bond.options": `Options of the bonding driver, 'name=value;name=value': ${listOptions(bondOptions)}.`,
  vlan: "Details of the VLAN.",
  "vlan.name":
    "Name of the VLAN's link, PARENT.ID by default; in the Pod what CNI_IFNAME says where that is not the name of a link below.",
  "vlan.protocol": "802.1Q by default.",
  "vlan.options": `Options of the VLAN, 'name=value;name=value': ${listOptions(vlanOptions)}.`,
  mtu: "MTU in bytes of the links that ifacer makes, at most the NICs'. Not given: that of the NICs.",
  duplicateVlanID:
    "Whether another VLAN link with the same id may be on the node; reject by default. Ignored in the Pod.",
  allowInUse: "Whether a NIC with addresses or routes may become a slave; false by default.",
  removeUnused:
    "Whether the links that this config made are removed with the last Pod that uses them; false by default. Ignored in the Pod.",
  probe: "Whom an ADD asks on the wire when it has made or raised something.",
  "probe.addresses": "IP addresses, each of which is asked for on each VLAN of the config, else on its bond.",
  "probe.timeout": "How long an answer may take, in seconds; 3 by default.",
  "probe.onSilence": "fail, the default: the ADD fails and what it made is undone; note: a line on standard error.",
};

const selectWords: Readonly<Record<string, string>> = {
  "": "Chooses NICs of the node by rule, in place of interfaces. All rules that are given have to be met.",
  names: "Names or altnames, or patterns of them with * and ?.",
  networks: "The NIC has an address in one of these; the chosen ones are in the order of this list.",
  drivers: "Names of drivers, as 'ifacer nics' tells them.",
  devices: "PCI ids, vendor and device, such as 15b3:1019 or 15b3:*.",
  minSpeed: "The least speed of its link, in Mb/s.",
  linkUp: "Whether it has to have link.",
  numa: "The number of the NUMA node that it is on.",
  kinds: "What may be chosen: nic, the default, is hardware and dummies.",
  count: "How many are chosen at most; all by default.",
  atLeast: "How many have to be chosen; count by default, else 1.",
};

const policyWords: Readonly<Record<string, string>> = {
  "": "What the admin of a node allows the network configs that ifacer gets there.",
  interfaces: "Which NICs configs may use, by name or altname.",
  "interfaces.allow": "NICs that configs may use: these and no others.",
  "interfaces.deny": "NICs that no config may use, also where allow has them.",
  "interfaces.slaveKinds": "Kinds of link that may join a bond beside hardware, VLANs, dummies and taps.",
  vlanIDs: "VLAN ids that configs may use, such as 100-199,300.",
  bond: "Whether configs may have a bond.",
  allowInUse: "Whether configs may set allowInUse.",
  removeUnused: "Whether configs may set removeUnused.",
  probe: "Whether configs may have a probe, which asks on the wire with the lock held.",
  linkInContainer: "Whether configs may have links in the Pod.",
  plugin: "Whether configs may attach Pods by another plugin (plugin).",
  pluginTypes: "Types of main plugins that plugin.type may name, as ifacer starts them as root.",
  nodePath: "Whether configs may give their Pods a way to the node.",
  nodePathRoutes: "Subnets that nodePath.routes may name, and subnets of these.",
  nodePathAddresses: "Subnets that the addresses of Pods with nodePath have to be in.",
  ipamTypes: "Types of IPAM plugins that ipam.type may name, as ifacer starts them as root.",
};
