import type { Socket } from "bun";
import { longestRequest, patience, type Request, readRequest, writeReply } from "./protocol.ts";

/**
 * The most connections that have not said yet what they want; of more, the oldest go. Twice what the kernel lets wait, all of
 * which come at once before the first one's words are read.
 */
const mostUnknown = 1024;

/** The most tests at once. */
const mostTests = 64;

interface Connection {
  text: string;
  /** `undefined`: it has not said yet. */
  request: Request | undefined;
  bytes: number;
  start: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends with the connection what is done for it. */
  readonly closed: AbortController;
  /** What could not be written yet. */
  unsent: string;
}

interface Listening {
  /** `undefined`: all. */
  readonly address: string | undefined;
  readonly port: number;
  /** `undefined`: nobody may ask for that. */
  readonly testPeers: TestPeers | undefined;
}

/** Tests all others until `signal` says to stop, telling of each in JSON. */
export type TestPeers = (seconds: number, signal: AbortSignal, onPeer: (json: string) => void) => Promise<void>;

/** One listener's share of what all listeners of this process do. */
export interface Limits {
  readonly unknown: Set<Socket<Connection>>;
  readonly tests: Set<Socket<Connection>>;
  matrix: boolean;
}

export function makeLimits(): Limits {
  return { unknown: new Set(), tests: new Set(), matrix: false };
}

/**
 * Listens and answers what is a request of this protocol; all else is closed without a word. What it sends is a few lines to
 * who asked, and, where it has peers, traffic to those of its own list.
 *
 * Throws the error of listen(2).
 */
export function listen({ address, port, testPeers }: Listening, limits: Limits) {
  const { unknown, tests } = limits;
  const say = (socket: Socket<Connection>, text: string): void => {
    const { data } = socket;
    data.unsent += text;
    const written = socket.write(data.unsent);
    // All lines are ASCII but the names of peers, which a full buffer must not cut.
    data.unsent = Buffer.from(data.unsent).subarray(Math.max(0, written)).toString();
  };
  const expire = (socket: Socket<Connection>, seconds: number): void => {
    clearTimeout(socket.data.timer);
    socket.data.timer = setTimeout(() => socket.terminate(), seconds * 1000);
  };
  const finishTest = (socket: Socket<Connection>): void => {
    const { bytes, start } = socket.data;
    say(socket, writeReply({ type: "done", bytes, milliseconds: performance.now() - start }));
    // It closes first: what it has sent meanwhile would make a reset of ours, which could overtake the answer.
    expire(socket, patience);
  };
  const begin = async (socket: Socket<Connection>, request: Request): Promise<void> => {
    const { data } = socket;
    data.request = request;
    unknown.delete(socket);
    if (request.type === "test") {
      if (tests.size >= mostTests) return refuse(socket, "busy");
      tests.add(socket);
      data.start = performance.now();
      say(socket, writeReply({ type: "ok" }));
      clearTimeout(data.timer);
      data.timer = setTimeout(() => finishTest(socket), request.seconds * 1000);
      return;
    }
    if (testPeers === undefined) return refuse(socket, "noPeers");
    if (limits.matrix) return refuse(socket, "busy");
    limits.matrix = true;
    clearTimeout(data.timer);
    try {
      await testPeers(request.seconds, data.closed.signal, (json) => say(socket, writeReply({ type: "peer", json })));
      say(socket, writeReply({ type: "end" }));
    } finally {
      limits.matrix = false;
    }
    if (!data.closed.signal.aborted) expire(socket, patience);
  };
  const refuse = (socket: Socket<Connection>, type: "busy" | "noPeers"): void => {
    say(socket, writeReply({ type }));
    socket.end();
    expire(socket, patience);
  };
  return Bun.listen<Connection>({
    hostname: address ?? "::",
    port,
    socket: {
      open(socket) {
        const closed = new AbortController();
        socket.data = { text: "", request: undefined, bytes: 0, start: 0, timer: undefined, closed, unsent: "" };
        unknown.add(socket);
        expire(socket, patience);
        const [oldest] = unknown;
        if (unknown.size > mostUnknown) oldest?.terminate();
      },
      data(socket, bytes) {
        const { data } = socket;
        if (data.request !== undefined) {
          data.bytes += bytes.length;
          return;
        }
        data.text += bytes.subarray(0, longestRequest).toString("latin1");
        const request = readRequest(data.text.slice(0, longestRequest));
        if (request === undefined) socket.terminate();
        else if (request !== "incomplete") begin(socket, request).catch(() => socket.terminate());
      },
      drain: (socket) => say(socket, ""),
      close(socket) {
        unknown.delete(socket);
        tests.delete(socket);
        socket.data.closed.abort();
        clearTimeout(socket.data.timer);
      },
      error: (socket) => void socket.terminate(),
    },
  });
}
