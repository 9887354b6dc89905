import { expect, test } from "bun:test";
import { readConfig } from "../../src/config/read.ts";
import { decodeJson, type JsonObject } from "../../src/json.ts";

function read(probe: string) {
  const text = `{"interfaces":["eth0"],"vlanID":5,"probe":${probe}}`;
  return readConfig(decodeJson(new TextEncoder().encode(text), "the config") as JsonObject);
}

test("whom to ask, with what is usual", () => {
  expect(read('{"Addresses":["192.0.2.1","2001:DB8:0::1"]}').desired?.probe).toEqual({
    addresses: ["192.0.2.1", "2001:db8::1"],
    timeout: 3,
    onSilence: "fail",
  });
  expect(read('{"addresses":["192.0.2.1"],"timeout":30,"onSilence":"note"}').desired?.probe).toEqual({
    addresses: ["192.0.2.1"],
    timeout: 30,
    onSilence: "note",
  });
});

test.each([
  ["{}", 7, "probe.addresses is missing, allowed an array of IP addresses"],
  ['{"addresses":[]}', 7, "probe.addresses is missing, allowed an array of IP addresses"],
  ['{"addresses":["192.0.2.1/24"]}', 7, 'probe.addresses[0] "192.0.2.1/24" is no address of a host'],
  ['{"addresses":["192.0.2.1; halt"]}', 7, 'probe.addresses[0] "192.0.2.1; halt" is no address of a host'],
  ['{"addresses":["fe80::1%eth0"]}', 7, 'probe.addresses[0] "fe80::1%eth0" is no address of a host'],
  ['{"addresses":["ff02::1"]}', 7, 'probe.addresses[0] "ff02::1" is no address of a host'],
  [
    `{"addresses":${JSON.stringify(Array(17).fill("192.0.2.1"))}}`,
    7,
    "probe.addresses got 17 addresses, allowed up to 16",
  ],
  [
    '{"addresses":["192.0.2.1"],"timeout":31}',
    7,
    "probe.timeout out of range, got 31, allowed an integer from 1 to 30",
  ],
  ['{"addresses":"192.0.2.1"}', 6, 'probe.addresses wrong type, got "192.0.2.1", allowed an array of IP addresses'],
  [
    '{"adresses":["192.0.2.1"],"addresses":["192.0.2.1"]}',
    7,
    'probe unknown key "adresses", allowed addresses, timeout, onSilence; did you mean addresses?',
  ],
])("%s is refused", (text, code, words) => {
  const reading = read(text);
  expect(reading.problems.map(({ path, message }) => `${path} ${message}`)).toEqual([words]);
  expect(reading.desired === undefined && reading.code).toBe(code as never);
});
