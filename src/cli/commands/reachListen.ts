import { hostname } from "node:os";
import { CniError, Code } from "../../error.ts";
import { writeAll } from "../../host/stdioSync.ts";
import { listNetworks } from "../../reach/interfaces.ts";
import { listen, makeLimits, type TestPeers } from "../../reach/listen.ts";
import type { Peer } from "../../reach/peers.ts";
import { findSelf, inParallel, testPeer } from "../../reach/test.ts";

interface Listening {
  /** None: all of the Pod's. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Whom others may have tested from here; `undefined`: nobody. */
  readonly peers: readonly Peer[] | undefined;
}

/** Listens until the process is ended. Throws code 5 where an address can't be listened on. */
export async function listenForever({ addresses, port, peers }: Listening): Promise<never> {
  // The first process of a container ends by a signal only if it says so.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
  const limits = makeLimits();
  const testPeers: TestPeers | undefined =
    peers &&
    (async (seconds, signal, onPeer) => {
      const networks = listNetworks();
      const self = findSelf(peers, networks, hostname());
      const from = self?.name ?? hostname();
      const others = peers.filter((peer) => peer !== self);
      await inParallel(others, 1, async (peer) => {
        if (signal.aborted) return;
        onPeer(JSON.stringify(await testPeer(peer, { from, port, seconds, networks, signal })));
      });
    });
  const open = (address: string | undefined) => listen({ address, port, testPeers }, limits);
  for (const address of addresses.length > 0 ? addresses : [undefined]) {
    try {
      open(address);
    } catch (cause) {
      if (address === undefined && openFour(open)) continue;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CniError(Code.io, `can't listen on ${address ?? "all addresses"}, port ${port}: ${reason}`, { cause });
    }
  }
  writeAll(2, `ifacer: listening on ${addresses.join(", ") || "all addresses"}, port ${port}\n`);
  return new Promise<never>(() => {});
}

/** Where IPv6 is switched off there is only IPv4. */
function openFour(open: (address: string) => unknown): boolean {
  try {
    open("0.0.0.0");
    return true;
  } catch {
    return false;
  }
}
