import type { Option, Options } from "./arguments.ts";
import { applyConfigs } from "./commands/apply.ts";
import { convert } from "./commands/convert.ts";
import { examine } from "./commands/doctor.ts";
import { install } from "./commands/install.ts";
import { listNics } from "./commands/nics.ts";
import { showPlan } from "./commands/plan.ts";
import { printSchema } from "./commands/schema.ts";
import { showStatus } from "./commands/status.ts";
import { validate } from "./commands/validate.ts";
import { tellVersion } from "./commands/version.ts";
import type { Report } from "./show/report.ts";
import type { Screen } from "./show/screen.ts";

/** A command of `ifacer`: what its help says, and what it does. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does, in paragraphs. */
  readonly text: readonly string[];
  readonly options: readonly Option[];
  /** What its exit status 1 means; `undefined`: it does not happen. */
  readonly no?: string;
  readonly examples: readonly string[];
  readonly run: Run;
}

export type Run = (options: Options, screen: Screen) => Report | Promise<Report>;

const file: Option = {
  long: "--file",
  short: "-f",
  value: "FILE",
  repeatable: true,
  doc: "a file to read, or a folder with configs; may be given several times, '-' is standard input, which is read when there is no -f",
};

const output: Option = {
  long: "--output",
  short: "-o",
  value: "FORMAT",
  choices: ["text", "json"],
  doc: "text (default) for people, json for programs",
};

const node: Option = {
  long: "--node",
  value: "NAME",
  doc: "the name of this node: prints one line of JSON with it, whatever happens, for 'ifacer fleet'",
};

export const help: Option = { long: "--help", short: "-h", doc: "this text" };

const whatIsRead =
  "Files are YAML or JSON: a plugin's config, a conflist or a NetworkAttachmentDefinition, also several in one file. " +
  "All entries of the type ifacer in them are taken.";

export const commands: readonly Command[] = [
  {
    name: "validate",
    summary: "check configs, without looking at this node",
    text: [
      "Says everything that is wrong with a config, as ADD would, and what is doubtful about it. Nothing of the node is looked at.",
      whatIsRead,
    ],
    options: [file, output],
    no: "a config is not valid, or there is none",
    examples: ["ifacer validate -f net.yaml"],
    run: validate,
  },
  {
    name: "plan",
    summary: "show what ADD would do on this node, change nothing",
    text: [
      "Compares a config with this node: changes (what is missing, with the very ip commands that would make it), conflicts " +
        "(what is in the way, so that ADD would fail and touch nothing) and drift (what differs but ADD leaves alone).",
      "Each config is compared with the node as it is now, not as the others would leave it. Of links in the Pod it says which " +
        "each Pod would get, and what on this node would keep them from being made or from working.",
      whatIsRead,
    ],
    options: [file, output, node],
    no: "ADD would fail: there is a conflict, or a config is not valid",
    examples: ["ifacer plan -f net.yaml", "ifacer plan -f net.yaml -o json"],
    run: showPlan,
  },
  {
    name: "apply",
    summary: "do on this node what ADD would do",
    text: [
      "Shows the plan, asks, and carries it out exactly as ADD does: what fails is undone. Nothing is done if there is a conflict " +
        "or one of the configs is not valid. Links in the Pod are left out: they are made with their Pod.",
      whatIsRead,
    ],
    options: [
      file,
      { long: "--yes", short: "-y", doc: "don't ask" },
      {
        long: "--update",
        doc: "also bring bond options and MTUs that differ in line where the kernel can do it live, and say what that interrupts",
      },
      { long: "--each", doc: "each file by itself: one that fails keeps none of the others from being applied" },
      output,
    ],
    no: "it could not be done, or was not wanted",
    examples: ["ifacer apply -f net.yaml --yes", "ifacer apply -f net.yaml --update --yes"],
    run: applyConfigs,
  },
  {
    name: "prune",
    summary: "remove the links of ifacer's that nobody uses any more",
    text: [
      "Shows which links that ifacer made are unused, and why the others stay, asks, and removes the unused ones by the rules of " +
        "'removeUnused'. Nothing is removed that has a Pod's note, an address, a route or a master, or on which something stands, " +
        "here or in any other network namespace that has a name or a process.",
      "Of links that were made without 'removeUnused' no Pod has noted that it uses them: there the evidence counts alone, which a " +
        "Pod that is just starting does not leave yet.",
    ],
    options: [
      { ...file, doc: "only the links that the configs in this file make; '-' is standard input" },
      { long: "--yes", short: "-y", doc: "don't ask" },
      output,
    ],
    no: "not all could be removed, or it was not wanted",
    examples: ["ifacer prune", "ifacer prune -f net.yaml --yes", "ifacer prune -o json"],
    run: async (options, screen) => (await import("./commands/prune.ts")).prune(options, screen),
  },
  {
    name: "status",
    summary: "show NICs, bonds, VLANs and what stands on them",
    text: [
      "A tree of NIC, bond, VLAN and the macvlans and ipvlans on them, also those in Pods, with the VLANs and bonds there, as far " +
        "as their namespaces are in /run/netns. Lines with '!' are problems.",
      "With -f it also compares configs with the node.",
    ],
    options: [
      { ...file, doc: "also compare the configs in this file with the node" },
      { long: "--mermaid", doc: "the same as a Mermaid diagram" },
      output,
      node,
    ],
    no: "the node could not be looked at (problems don't count, see -o json)",
    examples: ["ifacer status", "ifacer status --mermaid", "ifacer status -o json"],
    run: showStatus,
  },
  {
    name: "fleet",
    summary: "put the answers of many nodes together, and show what looks odd",
    text: [
      "Reads what 'ifacer plan' and 'ifacer status' said on many nodes: what 'kubectl logs --prefix' prints of the Pods of " +
        "deploy/preflight.yaml, lines of JSON with a node's name in them (--node NAME), or a folder with a file for each node.",
      "Nodes with the same answer are one group, the largest first. What differs on few nodes from what most have is told as odd. " +
        "Lines that can't be read are counted and shown.",
    ],
    options: [
      {
        ...file,
        value: "PATH",
        doc: "a file of such lines, or a folder with a file for each node, which is called as the node is; '-' is standard input, which is read when there is no -f",
      },
      { long: "--nodes", value: "FILE", doc: "the nodes that there are, as 'kubectl get nodes -o name' prints them" },
      { long: "--all", doc: "every name and every line, however many" },
      { long: "--markdown", doc: "tables in Markdown, for a ticket" },
      output,
    ],
    no: "on a node ADD would fail, or a node said nothing, or not all that it said could be read",
    examples: ["ifacer fleet -f answers", "ifacer fleet --nodes nodes.txt <answers.log"],
    // Loaded for it only: no other command compares nodes.
    run: async (options) => (await import("./commands/fleet.ts")).compareNodes(options),
  },
  {
    name: "nics",
    summary: "list the NICs, and whether ifacer would enslave them",
    text: [
      "For each NIC of this node: driver, PCI address, speed, MAC, state, addresses, and whether it could become a bond's slave. " +
        "If not, it says why.",
      "With -f: for each entry that chooses its NICs by rule (select), which of this node's it chooses now, and why not the others.",
    ],
    options: [
      { ...file, doc: "a file with entries that have select; may be given several times, '-' is standard input" },
      output,
    ],
    no: "the node could not be looked at; with -f: an entry is not valid, chooses too few, or none has select",
    examples: ["ifacer nics", "ifacer nics -f net.yaml"],
    run: async (options) =>
      options.has("--file") ? (await import("./commands/choices.ts")).showChoices(options) : listNics(),
  },
  {
    name: "blocks",
    summary: "print which addresses which node gives, for a network over several NICs",
    text: [
      "For each entry with plugin and an ipam of the type multi-nic-ipam: the block of each NIC's network, the part of it that this node " +
        "has, and which of its addresses are given. --host and --all look at no node where the config has masterNets.",
      whatIsRead,
    ],
    options: [
      file,
      { long: "--host", value: "NUMBER", doc: "the node with this index" },
      { long: "--all", doc: "all nodes that there may be" },
      output,
    ],
    no: "an entry is not valid or does not fit this node, or none gives addresses by blocks",
    examples: [
      "ifacer blocks -f net.yaml",
      "ifacer blocks -f net.yaml --host 3",
      "ifacer blocks -f net.yaml --all -o json",
    ],
    run: async (options) => (await import("./commands/blocks.ts")).showBlocks(options),
  },
  {
    name: "probe",
    summary: "ask on the wire: who answers, in which VLAN, is an address free",
    text: [
      "Asks whether addresses answer on the wire, by ARP or IPv6 duplicate address detection, and says what silence may mean. With -f it " +
        "asks on each link that ifacer makes for the gateways that the config's IPAM names; else on --dev for each --address.",
      "The questions come from a macvlan in a network namespace of its own: no table of neighbours gets an entry by it, and nothing " +
        "is left behind. A link that can't bear one is asked from directly if it has an address of the same subnet.",
      whatIsRead,
    ],
    options: [
      file,
      { long: "--dev", value: "LINK", repeatable: true, doc: "ask on this link of the node" },
      {
        long: "--address",
        value: "ADDRESS",
        repeatable: true,
        doc: "ask for this address instead of a config's gateways",
      },
      {
        long: "--free",
        value: "ADDRESS",
        repeatable: true,
        doc: "nobody may have this address, nor this node or its Pods",
      },
      {
        long: "--vlans",
        value: "IDS",
        doc: "ask in each of these VLANs, such as 100-110,200, at most 100; the ones made for it are removed",
      },
      {
        long: "--timeout",
        value: "SECONDS",
        doc: "how long an answer may take, 3 by default, at most 30, or 10 where it makes VLANs",
      },
      { long: "--lldp", doc: "wait up to 31 s for what the switch says of itself, its port and VLANs" },
      output,
    ],
    no: "an answer is missing, with --vlans in all of them, or an address is not free",
    examples: [
      "ifacer probe -f net.yaml",
      "ifacer probe --dev bond0.200 --address 192.0.2.1",
      "ifacer probe --dev bond0.200 --free 192.0.2.77",
      "ifacer probe -f net.yaml --vlans 100-110",
    ],
    run: async (options, screen) => (await import("./commands/probe.ts")).probe(options, screen),
  },
  {
    name: "reach",
    summary: "the table of which Pods reach which, and how fast",
    text: [
      "With --listen it answers others, in each Pod, until it is ended. With --to it connects to each address of each peer, by way of the " +
        "interface whose network the address is in, sends for some seconds as much as goes through, and prints a line for each peer.",
      "Peers are a list of {name, addresses} in YAML or JSON, or the Pods that 'kubectl get pods -o json' prints, whose extra networks " +
        "count ('-' is standard input).",
      "--matrix asks every listener to test all others; only listeners with --peers do that, and only to the addresses of their own list.",
    ],
    options: [
      { long: "--listen", value: "[ADDRESS...]", many: true, doc: "answer on these addresses, or on all" },
      { long: "--to", value: "FILE", doc: "the peers to connect to" },
      { long: "--peers", value: "FILE", doc: "with --listen: the peers that --matrix may have tested from here" },
      { long: "--matrix", doc: "with --to: the whole table, each listener testing all others" },
      {
        long: "--seconds",
        value: "SECONDS",
        doc: "traffic for each address, 2 by default, at most 60, with --matrix 10; 0: only connect",
      },
      { long: "--parallel", value: "COUNT", doc: "how many peers at once, 1 by default" },
      { long: "--port", value: "PORT", doc: "5202 by default" },
      { long: "--mermaid", doc: "the table as a Mermaid diagram" },
      output,
    ],
    no: "something is not connected, or could not be listened on",
    examples: [
      "ifacer reach --listen",
      "ifacer reach --to peers.yaml",
      "kubectl get pods -l app=reach -o json | ifacer reach --to -",
      "ifacer reach --matrix --to peers.yaml",
    ],
    run: async (options, screen) => (await import("./commands/reach.ts")).reachPeers(options, screen),
  },
  {
    name: "convert",
    summary: "turn a SpiderMultusConfig or a MultiNicNetwork into what Multus reads",
    text: [
      "Writes the NetworkAttachmentDefinition that Spiderpool would write for each SpiderMultusConfig, or says what Spiderpool " +
        "would refuse. What Spiderpool lets through and a node chokes on is told on standard error.",
      "For a MultiNicNetwork of the Multi-NIC CNI it writes one of the type ifacer, for each namespace that it names.",
      "Nothing is written if one of several is refused. -o json prints one manifest for one input, a List for several.",
    ],
    options: [file, { ...output, choices: ["yaml", "json"], doc: "yaml (default) or json" }],
    no: "Spiderpool would refuse it, it can't be one of ifacer's, or there is none",
    examples: [
      "ifacer convert -f smc.yaml",
      "ifacer convert -f multinicnetwork.yaml",
      "ifacer convert -f smc.yaml -o json",
    ],
    run: convert,
  },
  {
    name: "schema",
    summary: "print the JSON Schema of the config, for editors and CI",
    text: ["Prints the JSON Schema (draft 2020-12) of ifacer's entry in a conflist."],
    options: [
      { long: "--policy", doc: "that of the node's policy, /etc/ifacer/policy.json" },
      { ...output, doc: "json either way" },
    ],
    examples: ["ifacer schema", "ifacer schema --policy"],
    run: printSchema,
  },
  {
    name: "install",
    summary: "put this executable where the runtime looks for plugins",
    text: [
      "Puts itself into a folder as 'ifacer', mode 0755, in one step: a Pod that starts meanwhile finds the old one or the new one. " +
        "Does nothing if the same is there already.",
      "With --boot the configs are put into /etc/ifacer/networks, and a unit of systemd that is enabled and runs 'ifacer apply' for them " +
        "at each boot, before the kubelet and the runtime start. One that fails is told in the journal and keeps nothing else from starting.",
    ],
    options: [
      { long: "--to", value: "DIR", doc: "the folder; it has to be there. Most runtimes look in /opt/cni/bin" },
      { long: "--boot", doc: "apply the configs at each boot, by the ifacer in --to, or else in /opt/cni/bin" },
      { ...file, doc: "the configs for --boot" },
      { long: "--remove-boot", doc: "take the unit away; the configs stay" },
      { long: "--root", value: "DIR", doc: "the root folder of another system, an image, to do all this in" },
      output,
    ],
    no: "it could not be installed; what was there is still there",
    examples: [
      "ifacer install --to /opt/cni/bin",
      "ifacer install --boot -f net.yaml",
      "ifacer install --to /opt/cni/bin --boot -f net.yaml --root /mnt/image",
      "ifacer install --remove-boot",
    ],
    run: install,
  },
  {
    name: "doctor",
    summary: "find what on this node would stop ifacer, with the remedy",
    text: [
      "Looks at ip and its version, the kernel's drivers, capabilities, the C library, the node's policy, the lock, and whether " +
        "NetworkManager or systemd-networkd would take ifacer's links over. With -f also at all that 'ifacer plan' looks at. " +
        "Nothing is changed.",
      "--network-manager and --networkd print a file that keeps them off exactly these links: those of the configs with -f, else those " +
        "that ifacer has made on this node. With --install the file is put into place, in one step, and the next command told. It " +
        "belongs there before the first Pod comes.",
    ],
    options: [
      { ...file, doc: "the configs whose links it is about" },
      { long: "--network-manager", doc: "print the drop-in for NetworkManager" },
      { long: "--networkd", doc: "print the file for systemd-networkd" },
      { long: "--install", doc: "put that file into place; one that is not ifacer's is left alone" },
      { long: "--root", value: "DIR", doc: "the root folder of another system, an image, to install it into" },
      output,
    ],
    no: "something would stop ifacer, or there is no drop-in to be written",
    examples: ["ifacer doctor", "ifacer doctor --network-manager --install -f net.yaml"],
    run: examine,
  },
  {
    name: "version",
    summary: "print the versions of ifacer, its commit, Bun and the CNI protocol",
    text: [
      "Prints the version of ifacer, the commit that it was built from, Bun's version and the CNI versions that it speaks.",
    ],
    options: [output],
    examples: ["ifacer version"],
    run: tellVersion,
  },
];
