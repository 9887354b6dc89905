/** Where a question is asked from. */
export type Source =
  /** A link of the node, by its own name. */
  | { readonly kind: "link"; readonly name: string }
  /** A VLAN that the node does not have, made for the question and removed again. */
  | { readonly kind: "vlan"; readonly parent: string; readonly id: number; readonly protocol: string };

/** Who has this address? */
export interface Question {
  readonly source: Source;
  /** IPv4, or IPv6 as `canonicalAddress` writes it. */
  readonly address: string;
}

/** What became of a question. */
export interface Answer {
  readonly question: Question;
  readonly outcome: Outcome;
}

export type Outcome =
  /** `after`: in ms. */
  | { readonly type: "answered"; readonly mac: string; readonly after: number }
  /** `by`: whether the question bore the MAC of the link itself, or that of a macvlan on it, which a switch may refuse. */
  | { readonly type: "silent"; readonly by: "link" | "macvlan" }
  /** It could not be asked; `reason` is the end of a sentence. */
  | { readonly type: "unasked"; readonly reason: string };

/** The name by which people know where a question is asked from. */
export function nameSource(source: Source): string {
  return source.kind === "link" ? source.name : `${source.parent}.${source.id}`;
}

export function isIPv6(address: string): boolean {
  return address.includes(":");
}
