import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Request, readCall, readRequest } from "../../src/cni/request.ts";
import { CniError } from "../../src/error.ts";
import { encodeJson, member } from "../../src/json.ts";
import { supportedVersions, type Verb, verbs } from "../../src/protocol/versions.ts";

type Environment = Record<string, string | undefined>;

const usual: Environment = {
  CNI_CONTAINERID: "cid1",
  CNI_NETNS: "/var/run/netns/pod",
  CNI_IFNAME: "net1",
  CNI_PATH: "/opt/cni/bin",
};

const config = { cniVersion: "1.1.0", name: "n1", type: "ifacer" };

function read(verb: string, env: Environment = {}, stdin: unknown = config): Request {
  const text = typeof stdin === "string" ? stdin : JSON.stringify(stdin);
  return readRequest(readCall({ ...usual, CNI_COMMAND: verb, ...env }), new TextEncoder().encode(text));
}

function failure(verb: string, env: Environment = {}, stdin: unknown = config): CniError | undefined {
  try {
    read(verb, env, stdin);
    return undefined;
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
}

const variables = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"] as const;

const required: Record<Verb, readonly string[]> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
  VERSION: [],
};

const floor: Partial<Record<Verb, string>> = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" };

describe.each([...verbs])("%s", (verb) => {
  describe.each([...supportedVersions])("cniVersion %s", (cniVersion) => {
    const tooOld = supportedVersions.indexOf(cniVersion) < supportedVersions.indexOf((floor[verb] ?? "0.1.0") as never);
    const codeOfVersion = tooOld && verb !== "VERSION" ? 1 : undefined;

    test.each([
      ...variables.map((name) => [name, "missing", undefined] as const),
      ...variables.map((name) => [name, "empty", ""] as const),
    ])("%s %s", (name, _, value) => {
      const error = failure(verb, { [name]: value }, { ...config, cniVersion });
      if (required[verb].includes(name)) {
        expect(error).toMatchObject({ code: 4, details: name });
        expect(error?.message).toContain(name);
      } else {
        expect(error?.code).toBe(codeOfVersion as never);
      }
    });
  });

  test("nothing but the command: all missing variables in one error", () => {
    const nothing = Object.fromEntries(variables.map((name) => [name, undefined]));
    const error = failure(verb, nothing);
    expect(error?.details.split("\n")).toEqual(
      required[verb].length === 0 ? (undefined as never) : [...required[verb]],
    );
  });
});

test("the message names what is missing and for which verb", () => {
  expect(failure("ADD", { CNI_NETNS: "", CNI_PATH: undefined })?.message).toBe(
    "CNI_NETNS, CNI_PATH are missing or empty in the environment of ADD",
  );
  expect(failure("", {})?.message).toBe("CNI_COMMAND is missing or empty in the environment");
});

test("VERSION needs nothing of standard input, and missing variables are known before it is read", () => {
  expect(readRequest(readCall({ CNI_COMMAND: "VERSION" }), new Uint8Array())).toEqual({ verb: "VERSION" });
  expect(() => readCall({ CNI_COMMAND: "ADD" })).toThrow(CniError);
});

test.each(["FOO", "add", "ADD ", "GET", "__proto__", "toString"])("command %j is code 4", (command) => {
  const error = failure(command);
  expect(error?.code).toBe(4);
  expect(error?.message).toBe(
    `CNI_COMMAND is ${JSON.stringify(command)}, ifacer knows ADD, DEL, CHECK, GC, STATUS, VERSION`,
  );
});

describe("container ids", () => {
  test.each(["a", "9", "a_.-b", "A".repeat(300), "0.-"])("%j is right", (containerID) => {
    expect(read("DEL", { CNI_CONTAINERID: containerID })).toMatchObject({ containerID });
  });
  test.each(["-a", "_a", ".a", "a b", "a/b", "é", "aé", "a\n", "a:b", " "])("%j is code 4", (containerID) => {
    expect(failure("DEL", { CNI_CONTAINERID: containerID })?.code).toBe(4);
    expect(failure("STATUS", { CNI_CONTAINERID: containerID })).toBeUndefined();
  });
});

describe("interface names", () => {
  test.each([
    "a",
    "eth0",
    "lo",
    "...",
    ".a",
    "-a",
    "a\ufeffb",
    "a\u200bb",
    "a\u180eb",
    "ééééééé1",
    "x".repeat(15),
    "a%b",
    "\u0001",
    "up",
  ])("%j is right", (ifName) => {
    expect(read("DEL", { CNI_IFNAME: ifName })).toMatchObject({ ifName });
  });
  test.each([
    ".",
    "..",
    "x".repeat(16),
    "éééééééé",
    "😀😀😀😀",
    "a b",
    "a/b",
    "a:b",
    "a\tb",
    "a\nb",
    "a\vb",
    "a\fb",
    "a\rb",
    "a\u0085b",
    "a\u00a0b",
    "a\u1680b",
    "a\u2000b",
    "a\u200ab",
    "a\u2028b",
    "a\u2029b",
    "a\u202fb",
    "a\u205fb",
    "a\u3000b",
  ])("%j is code 4", (ifName) => {
    expect(failure("DEL", { CNI_IFNAME: ifName })?.code).toBe(4);
    expect(failure("GC", { CNI_IFNAME: ifName })).toBeUndefined();
  });
  test("the message has the length in bytes", () => {
    expect(failure("ADD", { CNI_IFNAME: "éééééééé" })?.message).toBe(
      'CNI_IFNAME "éééééééé" is 16 bytes long, interface names have at most 15',
    );
  });
});

describe.each(["ADD", "DEL", "CHECK", "GC", "STATUS"])("network config of %s", (verb) => {
  test.each<[string, number | undefined]>([
    ["", 6],
    ["null", 7],
    ["[]", 6],
    ['"x"', 6],
    ["5", 6],
    ["true", 6],
    ["{}", 7],
    ["{} x", 6],
    ['\ufeff{"name":"n1"}', 6],
    ['{"name":5,"cniVersion":"1.1.0"}', 6],
    ['{"name":["n1"],"cniVersion":"1.1.0"}', 6],
    ['{"name":5,"name":"n1","cniVersion":"1.1.0"}', 6],
    ['{"name":"","cniVersion":"1.1.0"}', 7],
    ['{"name":null,"cniVersion":"1.1.0"}', 7],
    ['{"name":"","name":"n2","cniVersion":"1.1.0"}', undefined],
    ['{"name":"n1","NAME":"","cniVersion":"1.1.0"}', 7],
    ['{"name":"n1","name":null,"cniVersion":"1.1.0"}', undefined],
    ['{"NAME":"n1","CNIVersion":"1.1.0"}', undefined],
    ['{"name":"-n","cniVersion":"1.1.0"}', 7],
    ['{"name":"n/x","cniVersion":"1.1.0"}', 7],
    ['{"name":"é","cniVersion":"1.1.0"}', 7],
    ['{"name":"n1\\n","cniVersion":"1.1.0"}', 7],
    ['{"name":"a.b-c_d","cniVersion":"1.1.0"}', undefined],
    ['{"name":"n1","cniVersion":1.0}', 6],
    ['{"name":"n1","cniVersion":["1.1.0"]}', 6],
    ['{"name":"n1","cniVersion":{},"cniVersion":"1.1.0"}', 6],
    ['{"name":"n1","cniVersion":"1.1.0","cniversion":"7.7.7"}', 1],
    ['{"name":"n1","cniVersion":"7.7.7","cniVersion":null}', 1],
    ['{"name":"n1","cniVersion":"1.1.0","x":1e999,"y":"\\ud800","__proto__":{"name":5}}', undefined],
    ['{"cniVersion":5}', 7],
    ['{"name":"-n","cniVersion":"9"}', 7],
  ])("%s: %p", (stdin, code) => {
    expect(failure(verb, {}, stdin)?.code).toBe(code as never);
  });
});

describe("members of every network config", () => {
  test.each([
    ["type", 5],
    ["prevResult", "x"],
    ["prevResult", []],
    ["prevResult", 0],
    ["capabilities", { mac: "yes" }],
    ["capabilities", []],
    ["ipam", "host-local"],
    ["ipam", { type: 1 }],
    ["dns", { nameservers: "192.0.2.1" }],
    ["PREVRESULT", "x"],
  ])("%s %j is code 6 for ADD and CHECK, nothing to DEL, GC, STATUS", (name, value) => {
    const stdin = { ...config, [name]: value };
    expect(["ADD", "CHECK", "DEL", "GC", "STATUS"].map((verb) => failure(verb, {}, stdin)?.code)).toEqual([
      6,
      6,
      ...([undefined, undefined, undefined] as never[]),
    ]);
  });

  test.each([
    ["type", null],
    ["prevResult", null],
    ["ipam", {}],
    ["ipam", null],
    ["capabilities", { mac: true }],
    ["dns", { nameservers: ["192.0.2.1"], search: null }],
    ["runtimeConfig", 5],
    ["args", "x"],
  ])("%s %j is fine", (name, value) => {
    expect(failure("ADD", {}, { ...config, [name]: value })).toBeUndefined();
  });

  test("the message names the member, what it must be and what it is", () => {
    expect(failure("ADD", {}, { ...config, dns: { search: ["a", 1] } })?.message).toBe(
      "dns.search[1] of the network config must be a string, got 1",
    );
  });
});

describe("what is wrong first is told", () => {
  const broken = { CNI_IFNAME: "a b" };
  test.each<[string, string, Environment, unknown, number]>([
    ["a variable before the JSON", "ADD", broken, "x", 4],
    ["the JSON before the command", "FOO", {}, "x", 6],
    ["the name before the command", "FOO", {}, { name: "" }, 7],
    ["the command before the version", "FOO", {}, { name: "n1", cniVersion: 5 }, 4],
    ["the name before the version", "ADD", {}, { name: "-", cniVersion: "9" }, 7],
    ["the version before other members", "ADD", {}, { name: "n1", cniVersion: "9", type: 5 }, 1],
    ["missing variables before the version", "GC", { CNI_PATH: "" }, { name: "n1", cniVersion: "0.4.0" }, 4],
    ["missing variables before wrong ones", "ADD", { ...broken, CNI_PATH: "" }, config, 4],
  ])("%s", (_, verb, env, stdin, code) => {
    expect(failure(verb, env, stdin)?.code).toBe(code as never);
  });
});

test.each([
  ["name", { ...config, name: "-".repeat(1_000_000) }],
  ["cniVersion", { ...config, cniVersion: "1".repeat(1_000_000) }],
  ["type", { ...config, type: [["x".repeat(1_000_000)]] }],
])("a megabyte in %s is refused in a short sentence", (name, stdin) => {
  expect(failure("ADD", {}, stdin)?.message).toMatch(new RegExp(`^.{0,20}${name}.{1,200}$`));
});

test.each([
  [undefined, false],
  ["", false],
  ["1", true],
  ["TRUE", true],
  ["true", true],
  ["True", true],
  ["yes", false],
  ["0", false],
  ["11", false],
])("CNI_NETNS_OVERRIDE %p: own namespace allowed %p", (override, allowOwnNamespace) => {
  expect(read("ADD", { CNI_NETNS_OVERRIDE: override })).toMatchObject({ verb: "ADD", allowOwnNamespace });
});

test("a request holds all that arrived", () => {
  const stdin = '{"cniVersion":"0.4.0","name":"n1","vlanId":100,"prevResult":{"ips":[]}}';
  const request = read("CHECK", { CNI_ARGS: "K8S_POD_NAME=p" }, stdin);
  expect(request).toMatchObject({
    verb: "CHECK",
    containerID: "cid1",
    netns: "/var/run/netns/pod",
    ifName: "net1",
    args: "K8S_POD_NAME=p",
    path: "/opt/cni/bin",
    config: { cniVersion: "0.4.0", name: "n1" },
  });
  if (request.verb !== "CHECK") throw new Error("not CHECK");
  expect(member(request.config.body, "vlanID")).toBe(100);
  expect(encodeJson(request.config.prevResult ?? null)).toBe('{"ips":[]}');
});

test("whatever arrives, it is a request or an error in words", () => {
  const words = fc.oneof(fc.constantFrom("", "a", "net1", "/x", ".", "é", "\ufeff"), fc.string());
  const stdin = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({
      name: fc.constantFrom("n1", 5),
      cniVersion: fc.constantFrom(...supportedVersions, "x"),
      x: fc.jsonValue(),
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...verbs, "FOO"), words, words, words, stdin, (verb, id, netns, ifName, text) => {
      const env = { CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: ifName };
      const error = failure(verb, env, text);
      if (error) {
        expect([1, 4, 6, 7]).toContain(error.code);
        expect(error.message).not.toContain("\n");
      }
    }),
    { numRuns: 2000 },
  );
});
