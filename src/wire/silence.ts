import { nameSource, type Source } from "./question.ts";

interface Silence {
  readonly source: Source;
  readonly address: string;
  /** In seconds. */
  readonly timeout: number;
  /** The VLAN's id; `undefined`: the network without a tag. */
  readonly vlanID: number | undefined;
  /** Whether the question bore the MAC of the link itself. */
  readonly by: "link" | "macvlan";
  /** Whether the link has a carrier; it is taken for granted where it is not known. */
  readonly carrier?: boolean;
  /** Somebody else answered there. */
  readonly othersAnswer: boolean;
}

/** What it means that nobody answered: one sentence with the likely reasons, the most likely first. */
export function describeSilence({ source, address, timeout, vlanID, by, carrier, othersAnswer }: Silence): string {
  const fact = `no answer from ${address} on ${nameSource(source)} within ${timeout} s`;
  if (carrier === false) {
    return `${fact}: ${nameSource(source)} has no carrier, look at its cable, its switch port or, for a bond, its slaves`;
  }
  if (othersAnswer) return `${fact}: others answer there, so it is ${address} that is down or has another address`;
  const network = vlanID === undefined ? "the network of this link untagged" : `VLAN ${vlanID}`;
  const reasons = [
    `the switch does not carry ${network} on this port`,
    `${address} is down or not in this network`,
    ...(by === "macvlan" ? ["the port lets one MAC address through only, and a Pod's is another"] : []),
  ];
  return `${fact}: ${reasons.slice(0, -1).join(", ")} or ${reasons.at(-1)}`;
}

/** What it means that only a question with the link's own MAC was answered. */
export function describeOneMAC(source: Source, address: string): string {
  return (
    `${address} answers the MAC address of ${nameSource(source)} itself and no other: the switch's port lets one MAC ` +
    "address through only; lift its limit, or use ipvlan"
  );
}
