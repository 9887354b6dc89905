import type { Socket } from "bun";
import { patience, type Reply, type Request, readReply, writeRequest } from "./protocol.ts";

/** How an address was reached. */
export type Reached =
  /** `bitsPerSecond`: `undefined` where no traffic was asked for. */
  | { readonly connected: true; readonly bitsPerSecond: number | undefined }
  | { readonly connected: false; readonly reason: string };

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** What is sent: its content does not matter, its size is one that the kernel takes in few calls. */
const chunk = new Uint8Array(1 << 20);

/** The longest line of an answer, in bytes: a peer with hundreds of addresses. */
const longestReply = 1 << 18;

/** Connects, sends for some seconds as much as goes through, and tells what the other side got; `signal` ends that. Throws nothing. */
export async function reach(target: Target, seconds: number, signal?: AbortSignal): Promise<Reached> {
  let bitsPerSecond: number | undefined;
  const onReply = (reply: Reply): Next => {
    if (reply.type === "busy") return "busy";
    if (reply.type === "ok") return seconds > 0 ? "send" : undefined;
    if (reply.type !== "done") return "not ifacer";
    if (seconds > 0 && reply.milliseconds > 0) bitsPerSecond = (reply.bytes * 8000) / reply.milliseconds;
    return "end";
  };
  const outcome = await converse(target, { type: "test", seconds }, onReply, { signal });
  return outcome === undefined ? { connected: true, bitsPerSecond } : { connected: false, reason: outcome };
}

/** Asks a listener to test all others; `onPeer` gets what it says of each. Returns why it did not, if it did not. */
export function reachFrom(
  target: Target,
  { seconds, longest, whole, onPeer }: MatrixRequest,
): Promise<string | undefined> {
  return converse(
    target,
    { type: "matrix", seconds },
    (reply) => {
      if (reply.type === "busy") return "busy";
      if (reply.type === "noPeers") return "was started without --peers";
      if (reply.type === "end") return "end";
      if (reply.type === "peer") onPeer(reply.json);
      return undefined;
    },
    { longest, signal: AbortSignal.timeout(whole * 1000) },
  );
}

interface MatrixRequest {
  /** For each address. */
  readonly seconds: number;
  /** How long it may take from one peer to the next, in s: a listener that hangs is not waited for. */
  readonly longest: number;
  /** And all of them together. */
  readonly whole: number;
  readonly onPeer: (json: string) => void;
}

/** What is to be done after a reply: `send` begins to send, `end` is a good end, other words are the reason of a bad one. */
type Next = "send" | "end" | (string & {}) | undefined;

/** Why it came to no good end; `undefined`: it did. */
function converse(
  { address, port }: Target,
  request: Request,
  onReply: (reply: Reply) => Next,
  { longest = request.seconds + patience, signal }: { longest?: number; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let open: Socket | undefined;
    let ended = false;
    let sending = false;
    let unread = "";
    const finish = (reason: string | undefined): void => {
      ended = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      // Before the end of the connection, which would be taken for its reason.
      resolve(reason);
      open?.terminate();
    };
    const abort = () => finish("closed");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (seconds: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish("timeout"), seconds * 1000);
    };
    wait(patience);
    signal?.addEventListener("abort", abort);
    const start = performance.now();
    const pump = (socket: Socket): void => {
      while (sending && socket.write(chunk) === chunk.length);
    };
    Bun.connect({
      hostname: address,
      port,
      socket: {
        open(socket) {
          // Answered too late: nobody waits for it any more.
          if (ended) return void socket.terminate();
          open = socket;
          wait(longest);
          socket.write(writeRequest(request));
        },
        data(socket, bytes) {
          if (request.type === "matrix") wait(longest);
          unread += bytes.toString("latin1");
          for (let end = unread.indexOf("\n"); end >= 0; end = unread.indexOf("\n")) {
            const reply = readReply(Buffer.from(unread.slice(0, end), "latin1").toString());
            unread = unread.slice(end + 1);
            const next = reply ? onReply(reply) : "not ifacer";
            if (next === "send") sending = true;
            else if (next !== undefined) return finish(next === "end" ? undefined : next);
          }
          if (unread.length > longestReply) return finish("not ifacer");
          pump(socket);
        },
        drain: pump,
        close: () => finish("closed"),
        error: () => finish("closed"),
        connectError: () => finish(explainFailure(performance.now() - start)),
      },
    }).catch(() => finish(explainFailure(performance.now() - start)));
  });
}

/** A refusal comes back at once, while the kernel asks three times in 3 s for an address that nobody has, in ms. */
const longestRefusal = 1500;

/** Why there is no connection. Bun calls every failure of connect(2) ECONNREFUSED, so that the time it took has to tell. */
function explainFailure(after: number): string {
  return after < longestRefusal ? "refused" : "no route";
}
