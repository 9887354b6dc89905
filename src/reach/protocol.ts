/** Where listeners are found if nobody says otherwise. */
export const defaultPort = 5202;

/** What a listener can be asked for, in one line; each answer is a line too. */
export type Request =
  /** To take what is sent for some seconds and to tell how much it was. */
  | { readonly type: "test"; readonly seconds: number }
  /** To test all others of its own list, and to tell of each. */
  | { readonly type: "matrix"; readonly seconds: number };

const magic = "ifacer-reach/1 ";

/** The longest request, in bytes: who sends more before the end of the line is somebody else. */
export const longestRequest = 64;

/** The most seconds that a listener takes traffic for one connection. */
export const longestTest = 60;

/** The most seconds that a listener sends to one address because somebody asked for it. */
export const longestMatrixTest = 10;

/** What a connection takes beside its traffic, in s: the request, the answer. */
export const patience = 5;

export function writeRequest({ type, seconds }: Request): string {
  return `${magic}${type} ${seconds}\n`;
}

/** Reads what has come of a request. `incomplete`: it may become one; `undefined`: it is none. */
export function readRequest(text: string): Request | "incomplete" | undefined {
  const line = /^([^\n]*)\n/.exec(text)?.[1];
  if (line === undefined) {
    const length = Math.min(text.length, magic.length);
    return text.length < longestRequest && text.slice(0, length) === magic.slice(0, length) ? "incomplete" : undefined;
  }
  const [, type, digits = ""] = /^ifacer-reach\/1 (test|matrix) (\d{1,3}(?:\.\d{1,3})?)$/.exec(line) ?? [];
  const seconds = Number(digits);
  if (type === "test" && seconds <= longestTest) return { type, seconds };
  if (type === "matrix" && seconds <= longestMatrixTest) return { type, seconds };
  return undefined;
}

/** The answers: `ok`, then `done BYTES MILLISECONDS` for a test; `peer JSON` for each peer and `end` for a matrix. */
export type Reply =
  | { readonly type: "ok" }
  | { readonly type: "busy" }
  | { readonly type: "noPeers" }
  | { readonly type: "done"; readonly bytes: number; readonly milliseconds: number }
  | { readonly type: "peer"; readonly json: string }
  | { readonly type: "end" };

export function writeReply(reply: Reply): string {
  switch (reply.type) {
    case "done":
      return `done ${reply.bytes} ${Math.round(reply.milliseconds)}\n`;
    case "peer":
      return `peer ${reply.json}\n`;
    case "ok":
    case "busy":
    case "noPeers":
    case "end":
      return `${reply.type}\n`;
  }
}

/** Reads an answer without its line feed. `undefined`: who wrote it is no listener. */
export function readReply(line: string): Reply | undefined {
  if (line === "ok" || line === "busy" || line === "noPeers" || line === "end") return { type: line };
  if (line.startsWith("peer ")) return { type: "peer", json: line.slice(5) };
  const [, bytes, milliseconds] = /^done (\d{1,15}) (\d{1,6})$/.exec(line) ?? [];
  if (bytes === undefined) return undefined;
  return { type: "done", bytes: Number(bytes), milliseconds: Number(milliseconds) };
}
