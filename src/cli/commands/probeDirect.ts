import { isWithin } from "../../wire/address.ts";
import { askDirectly } from "../../wire/direct.ts";
import type { Outcome, Question } from "../../wire/question.ts";
import type { NodeAddress } from "../read/addresses.ts";
import type { Wish } from "../read/wishes.ts";
import type { Judged, Verdict } from "../show/answers.ts";

interface Context {
  readonly outcomes: ReadonlyMap<Question, Outcome>;
  readonly held: readonly NodeAddress[];
  /** In seconds. */
  readonly timeout: number;
}

/**
 * Asks from the links themselves what could not be asked from a macvlan, or had no answer there, where a link has an address
 * of the same subnet to ask with.
 */
export async function judgeDirectly(
  open: readonly Judged[],
  { outcomes, held, timeout }: Context,
): Promise<Map<Wish, Verdict>> {
  const candidates = open
    .map(({ wish }) => wish)
    .filter(({ question }) => {
      const { source, address } = question;
      const subnets = held.filter(
        ({ link, namespace }) => namespace === undefined && source.kind === "link" && link === source.name,
      );
      return subnets.some((subnet) => isWithin(address, subnet));
    });
  const byLink = Map.groupBy(candidates, ({ link }) => link.name);
  const verdicts = new Map<Wish, Verdict>();
  await Promise.all(
    [...byLink].map(async ([link, wishes]) => {
      const addresses = [...new Set(wishes.map(({ question }) => question.address))];
      const answers = await askDirectly({ link, addresses, timeout });
      for (const wish of wishes) {
        const answer = answers.get(wish.question.address);
        const unasked = outcomes.get(wish.question)?.type === "unasked";
        if (answer)
          verdicts.set(wish, { type: unasked || wish.expects === "silence" ? "answered" : "oneMAC", ...answer });
        else if (unasked) verdicts.set(wish, { type: "silent", by: "link" });
      }
    }),
  );
  return verdicts;
}
