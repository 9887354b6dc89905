import { expect, test } from "bun:test";
import { reach } from "../../src/reach/connect.ts";
import { listen, makeLimits } from "../../src/reach/listen.ts";

test("what is tested for somebody ends with the connection, and the next one is not told busy", async () => {
  const limits = makeLimits();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const testPeers = async (_: number, signal: AbortSignal) => {
    begin();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    end();
  };
  using listener = listen({ address: "127.0.0.1", port: 0, testPeers }, limits);
  const asking = await Bun.connect({
    hostname: "127.0.0.1",
    port: listener.port,
    socket: { open: (socket) => void socket.write("ifacer-reach/1 matrix 0\n"), data() {} },
  });
  await begun;
  expect(limits.matrix).toBe(true);
  asking.end();
  await ended;
  await Bun.sleep(0);
  expect(limits.matrix).toBe(false);
});

test("a test that is ended before it is connected ends at once, and leaves no connection", async () => {
  const limits = makeLimits();
  using listener = listen({ address: "127.0.0.1", port: 0, testPeers: undefined }, limits);
  const target = { address: "127.0.0.1", port: listener.port };
  const controller = new AbortController();
  const reached = reach(target, 60, controller.signal);
  controller.abort();
  expect(await reached).toEqual({ connected: false, reason: "closed" });
  await Bun.sleep(100);
  expect(limits.unknown.size + limits.tests.size).toBe(0);
});
