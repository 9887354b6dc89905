import { expect, test } from "bun:test";
import type { Current } from "../../src/model.ts";
import { confirm } from "../../src/observe/twice.ts";

function seeing(shared: Readonly<Record<string, boolean>>): Current {
  const uses = Object.entries(shared).map(
    ([nic, sharedElsewhere]) => [nic, { addresses: [], routes: [], nexthops: [], sharedElsewhere }] as const,
  );
  return { links: [], vlans: [], uses: new Map(uses) };
}

test("a NIC is shared that looks so both times, or came only now", async () => {
  const seen = seeing({ raised: true, shared: true, free: false });
  const again = seeing({ raised: false, shared: true, free: true, new: true });
  const { uses } = await confirm(seen, async () => again);
  const shared = [...uses].filter(([, { sharedElsewhere }]) => sharedElsewhere).map(([nic]) => nic);
  expect(shared).toEqual(["shared", "new"]);
});
