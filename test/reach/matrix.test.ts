import { expect, test } from "bun:test";
import { reachFrom } from "../../src/reach/connect.ts";

/** A listener that tells of peers, one each `pause` ms, without end where `count` is not given. */
function startListener({ pause, count = Number.POSITIVE_INFINITY }: { pause: number; count?: number }) {
  const listener = Bun.listen<{ timer?: ReturnType<typeof setInterval> }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        let told = 0;
        const tell = () => {
          if (told < count) socket.write(`peer {"to":"p${told++}"}\n`);
        };
        socket.data = { timer: setInterval(tell, pause) };
      },
      data() {},
      close: (socket) => clearInterval(socket.data.timer),
    },
  });
  return { port: listener.port, [Symbol.dispose]: () => listener.stop(true) };
}

test.each<
  [what: string, listener: Parameters<typeof startListener>[0], longest: number, whole: number, reason: string]
>([
  ["hangs after three peers", { pause: 20, count: 3 }, 0.5, 60, "timeout"],
  ["hangs at once", { pause: 20, count: 0 }, 0.2, 60, "timeout"],
  ["never comes to an end", { pause: 20 }, 30, 1, "closed"],
])("a listener that %s is not waited for", async (_, given, longest, whole, reason) => {
  using listener = startListener(given);
  const told: string[] = [];
  const target = { address: "127.0.0.1", port: listener.port };
  const ended = await reachFrom(target, { seconds: 0, longest, whole, onPeer: (json) => told.push(json) });
  expect(ended).toBe(reason);
  if (given.count !== undefined) expect(told.length).toBe(given.count);
});
