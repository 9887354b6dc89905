import { expect, test } from "bun:test";
import { parseInet6 } from "../../src/observe/inet6.ts";

test("global addresses that can be used, of /proc/net/if_inet6", () => {
  const text = `00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000505400fffe000001 02 40 20 80   ens192
20010db8000000000000000000000001 02 40 00 80   ens192
20010db8000000000000000000000002 02 40 00 c0   ens192
20010db8000000000000000000000003 02 40 00 21   ens192
fd000000000000000000000000000001 1a3f 80 00 02 odd "name
`;
  expect(parseInet6(text)).toEqual([
    { address: "2001:db8::1", link: "ens192" },
    { address: "fd00::1", link: 'odd "name' },
  ]);
  expect(parseInet6("")).toEqual([]);
});
