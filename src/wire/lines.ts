import { isIPv6, nameSource, type Question, type Source } from "./question.ts";

/** The links, in a namespace of their own, by which one source is asked from. */
export interface Post {
  readonly source: Source;
  /** Sends the questions. */
  readonly dev: string;
  /** Hears what is answered to `dev` about IPv6 addresses; `undefined`: there is no such question. */
  readonly listener: string | undefined;
  readonly questions: readonly Question[];
}

/** The group of all links that are made, so that one line removes them at once. */
export const group = 49374;

/** One post for each source that is asked from. */
export function placePosts(questions: readonly Question[]): Post[] {
  const bySource = new Map<string, Question[]>();
  for (const question of questions) {
    const key = `${question.source.kind} ${nameSource(question.source)}`;
    bySource.set(key, [...(bySource.get(key) ?? []), question]);
  }
  return [...bySource.values()].flatMap((asked, index) => {
    const [first] = asked;
    if (first === undefined) return [];
    const listener = asked.some(({ address }) => isIPv6(address)) ? `l${index}` : undefined;
    return [{ source: first.source, dev: `q${index}`, listener, questions: asked }];
  });
}

/**
 * The lines of `ip` on the node that make the links of a post right in the other namespace. Never on the node and moved: what
 * is never there can't be left there.
 *
 * @param path where the other namespace can be opened
 */
export function linesOnNode({ source, dev, listener }: Post, path: string): string[] {
  const made = (name: string) => `name ${name} group ${group} netns ${path}`;
  switch (source.kind) {
    case "link":
      return [dev, ...(listener ? [listener] : [])].map(
        // `bridge`: the macvlans of Pods on the same link hear the question too.
        (name) => `link add link ${source.name} ${made(name)} type macvlan mode bridge`,
      );
    case "vlan":
      return [
        `link add link ${source.parent} ${made(dev)} type vlan id ${source.id} protocol ${source.protocol.toLowerCase()}`,
      ];
  }
}

/** How long an IPv6 address stays in question, in ms: longer than any timeout, so that ifacer never has it. */
const tentative = 120_000;

/** The lines in the other namespace that bring a post up. */
export function linesToRaise({ source, dev, listener }: Post): string[] {
  if (listener === undefined) return [`link set dev ${dev} addrgenmode none`, `link set dev ${dev} up`];
  return [
    ...(source.kind === "vlan"
      ? [`link add link ${dev} name ${listener} group ${group} type macvlan mode bridge`]
      : []),
    // No address of its own, whose announcement others would remember.
    ...[dev, listener].map((name) => `link set dev ${name} addrgenmode none`),
    `ntable change name ndisc_cache dev ${dev} retrans ${tentative}`,
    ...[listener, dev].map((name) => `link set dev ${name} up`),
  ];
}

/**
 * The lines that ask, in the other namespace.
 *
 * IPv4: an ARP request from 0.0.0.0, three times in as many seconds, as the namespace has no address. IPv6: a neighbour
 * solicitation needs a source address, which those who answer would remember, but for that of duplicate address detection
 * (RFC 4862, 5.4), whose answer goes to all nodes. The kernel tells of it that the address is taken, but not by whom: that
 * is learnt by another link, which waits for news of this neighbour.
 */
export function linesToAsk({ dev, listener }: Post, address: string): string[] {
  if (!isIPv6(address)) return [`neigh replace ${address} dev ${dev} nud none use`];
  return [`neigh replace ${address} dev ${listener} nud none`, `address add ${address}/128 dev ${dev}`];
}

/** The lines that ask again for what nobody has answered. */
export function linesToAskAgain(post: Post, address: string): string[] {
  const lines = linesToAsk(post, address);
  return isIPv6(address) ? [`address delete ${address}/128 dev ${post.dev}`, ...lines] : lines;
}

/** The one line that removes all links that were made. */
export const lineToRemove = `link delete group ${group}`;

/** A row of `ip -json neighbor show`. */
export interface NeighbourRow {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

/** The MAC that answered a question; `undefined`: nobody did yet. */
export function findAnswer(post: Post, address: string, rows: readonly NeighbourRow[]): string | undefined {
  const dev = isIPv6(address) ? post.listener : post.dev;
  return rows.find((row) => row.dev === dev && row.dst === address)?.lladdr;
}

/**
 * What the kernel said to lines that failed, by the line's number from 0, from the standard error of `ip -force -batch -`.
 * Only for words to show: whether a line succeeded is learnt by looking.
 */
export function readFailures(stderr: string): Map<number, string> {
  const failures = new Map<number, string>();
  let words: string[] = [];
  for (const line of stderr.split("\n")) {
    const failed = /^Command failed [^:]*:(\d+)$/.exec(line);
    if (failed === null) {
      words.push(line.replace(/^(RTNETLINK answers|Error): /, "").replace(/\.$/, ""));
    } else {
      failures.set(Number(failed[1]) - 1, words.join(", "));
      words = [];
    }
  }
  return failures;
}
