import { type IpAside, startIpAside } from "../host/aside.ts";
import { runIp } from "../host/ip.ts";
import { parseLine } from "../observe/json.ts";
import {
  findAnswer,
  linesOnNode,
  linesToAsk,
  linesToAskAgain,
  linesToRaise,
  lineToRemove,
  type NeighbourRow,
  type Post,
  placePosts,
  readFailures,
} from "./lines.ts";
import { type Answer, isIPv6, type Outcome, type Question } from "./question.ts";

interface Asking {
  /** How long an answer may take, in seconds. */
  readonly timeout: number;
  /** Told of each answer as it comes. */
  readonly onAnswer?: (answer: Answer) => void;
}

/** How often the neighbours are looked at, in ms. */
const pause = 50;

/** After how long what nobody has answered is asked again, in ms: IPv6 waits up to a second before it asks (RFC 4862, 5.4.2). */
const again = 1200;

/**
 * Asks all questions at once, on the wire, and returns an answer to each, in their order.
 *
 * It is done in a network namespace of its own, by links that are made there and nowhere else: no table of neighbours, the
 * node's or anybody's, gets an entry by it, and nothing is left, however ifacer ends.
 *
 * Throws codes 101 and 102 where there can't be such a namespace.
 */
export async function ask(questions: readonly Question[], { timeout, onAnswer }: Asking): Promise<Answer[]> {
  const answers = new Map<Question, Answer>();
  const settle = (question: Question, outcome: Outcome): void => {
    const answer = { question, outcome };
    answers.set(question, answer);
    onAnswer?.(answer);
  };
  if (questions.length === 0) return [];
  const aside = await startIpAside();
  try {
    const { posts, obstacles } = await makePosts(placePosts(questions), aside);
    for (const [question, reason] of obstacles) settle(question, { type: "unasked", reason });
    await listen(posts, { aside, timeout, settle, isOpen: (question) => !answers.has(question) });
    for (const { source, questions } of posts) {
      const by = source.kind === "link" ? "macvlan" : "link";
      for (const question of questions) if (!answers.has(question)) settle(question, { type: "silent", by });
    }
    // Whoever makes the same VLAN next must find its id free.
    aside.give([lineToRemove]);
  } finally {
    await aside.end();
  }
  return questions.flatMap((question) => answers.get(question) ?? []);
}

interface Posts {
  readonly posts: readonly Post[];
  readonly obstacles: ReadonlyMap<Question, string>;
}

/** Makes the links and learns by looking which of them are there. */
async function makePosts(wanted: readonly Post[], aside: IpAside): Promise<Posts> {
  const lines = wanted.flatMap((post) => linesOnNode(post, aside.path).map((line) => ({ post, line })));
  const { stderr } = await runIp(
    ["-force", "-batch", "-"],
    lines.map(({ line }) => line),
  );
  // Without a loopback that is up, Linux 6.1 sends nothing from an address that there is not.
  aside.give(["link set dev lo up", ...wanted.flatMap(linesToRaise)]);
  const there = new Set(parseLine(await aside.show("link show")).map((row) => row["ifname"]));
  const posts = wanted.filter(({ dev, listener }) => there.has(dev) && (listener === undefined || there.has(listener)));
  const failures = readFailures(stderr);
  const obstacles = new Map<Question, string>();
  for (const post of wanted.filter((post) => !posts.includes(post))) {
    const words = lines.flatMap((line, index) => (line.post === post ? (failures.get(index) ?? []) : []))[0];
    const what = post.source.kind === "link" ? "a macvlan" : "the VLAN";
    const reason = `${what} to ask from can't be made: ${words ?? "the kernel gave no reason"}`;
    for (const question of post.questions) obstacles.set(question, reason);
  }
  return { posts, obstacles };
}

interface Listening extends Asking {
  readonly aside: IpAside;
  readonly settle: (question: Question, outcome: Outcome) => void;
  readonly isOpen: (question: Question) => boolean;
}

async function listen(posts: readonly Post[], { aside, timeout, settle, isOpen }: Listening): Promise<void> {
  const pairs = posts.flatMap((post) => post.questions.map((question) => ({ post, question })));
  const open = () => pairs.filter(({ question }) => isOpen(question));
  aside.give(pairs.flatMap(({ post, question }) => linesToAsk(post, question.address)));
  const start = performance.now();
  for (const { question } of await findRefused(pairs, aside)) {
    settle(question, { type: "unasked", reason: "this node's kernel takes no IPv6 address: is IPv6 switched off?" });
  }
  for (let asked = start; open().length > 0; await Bun.sleep(pause)) {
    const rows = parseLine(await aside.show("neigh show")) as unknown as NeighbourRow[];
    const now = performance.now();
    for (const { post, question } of open()) {
      const mac = findAnswer(post, question.address, rows);
      if (mac !== undefined) settle(question, { type: "answered", mac, after: Math.round(now - start) });
    }
    if (now - start > timeout * 1000) return;
    if (now - asked > again) {
      asked = now;
      aside.give(open().flatMap(({ post, question }) => linesToAskAgain(post, question.address)));
    }
  }
}

interface Pair {
  readonly post: Post;
  readonly question: Question;
}

/** A row of `ip -json address show`. */
interface AddressRow {
  readonly ifname: string;
  readonly addr_info?: readonly { readonly local?: string }[];
}

/** The questions about IPv6 addresses that the kernel did not take. */
async function findRefused(pairs: readonly Pair[], aside: IpAside): Promise<readonly Pair[]> {
  const asked = pairs.filter(({ question }) => isIPv6(question.address));
  if (asked.length === 0) return [];
  const rows = parseLine(await aside.show("address show")) as unknown as AddressRow[];
  return asked.filter(
    ({ post, question }) =>
      !rows.some(
        ({ ifname, addr_info = [] }) =>
          ifname === post.dev && addr_info.some(({ local }) => local === question.address),
      ),
  );
}
