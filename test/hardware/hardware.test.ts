/**
 * What is chosen by rule among NICs of several drivers, as far as QEMU emulates them, on two boots of the same machine that load the
 * drivers in another order: the kernel then calls other NICs `eth0`.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { runCommand } from "../kernel/harness.ts";

/** By their PCI addresses, in an order in which the machine does not find them. */
const models = [
  "e1000,addr=0x14",
  "virtio-net-pci,addr=0x13,speed=25000,duplex=full",
  "e1000e,addr=0x12",
  "vmxnet3,addr=0x11",
  "virtio-net-pci,addr=0x10",
  "e1000e,addr=0x15",
];

const root = `${import.meta.dir}/../..`;

/** Boots the machine, has it load the drivers in this order, and returns what it says of its NICs. */
async function boot(...drivers: string[]) {
  const env = { MICROVM_NICS: models.join(" "), MICROVM_BOOT_SECONDS: "300", MICROVM_SECONDS: "600" };
  const program = [process.execPath, `${root}/test/hardware/node.ts`, ...drivers];
  const { status, stdout, stderr } = await runCommand([`${root}/scripts/microvm.sh`, ...program], { env });
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

// biome-ignore lint/suspicious/noExplicitAny: what node.ts prints
let boots: { names: Record<string, string>; report: any }[] = [];

beforeAll(async () => {
  const reports = [await boot("e1000", "e1000e", "vmxnet3"), await boot("vmxnet3", "e1000e", "e1000")];
  boots = reports.map(({ names, ...report }) => ({ names, report }));
}, 1_200_000);

const route = "has a default route of the node";

test("the kernel calls the NICs by other names, and ifacer says the same of each", () => {
  expect(boots[0]?.names).not.toEqual(boots[1]?.names);
  expect(boots[0]?.report).toEqual(boots[1]?.report);
});

describe("what it says", () => {
  test.each<[string, unknown]>([
    ["drivers", { 10: "virtio_net", 11: "vmxnet3", 12: "e1000e", 13: "virtio_net", 14: "e1000", 15: "e1000e" }],
    ["order", ["10", "11", "12", "13", "14", "15"]],
    [
      "defaultRoute",
      {
        chosen: ["10", "11", "12", "13", "14"],
        others: {
          15: `node0.7, which stands on it, ${route}`,
          node0: `node0.7, which stands on it, ${route}`,
          "node0.7": `it ${route}`,
        },
      },
    ],
    ["byDriver", ["12"]],
    ["byDevice", ["11", "14"]],
    ["byDeviceAndCount", ["10"]],
  ])("%s", (what, expected) => {
    expect(boots[0]?.report[what]).toEqual(expected);
  });

  test("a speed that only a NIC which is up tells: NICs are set up for it, and all but the chosen one down again", () => {
    expect(boots[0]?.report.bySpeed).toEqual({
      seen: [],
      status: "good",
      add: "good",
      again: "good",
      parent: "13",
      up: ["13", "15"],
    });
  });

  test("a bond of those with link", () => {
    expect(boots[0]?.report.bond).toEqual({
      add: "good",
      again: "good",
      check: "good",
      chosen: ["11", "14"],
      slaves: ["11", "14"],
    });
  });

  test("a speed that none has", () => {
    const { tooFast } = boots[0]?.report ?? {};
    expect(tooFast.add).toStartWith("100: of the NICs of this node none fits");
    expect(tooFast.reasons).toEqual({
      10: "its speed is unknown, wanted are 40000",
      12: "its link has 1000 Mb/s, wanted are 40000",
      13: "its link has 25000 Mb/s, wanted are 40000",
    });
    expect(tooFast.up).toEqual(["11", "13", "14", "15"]);
  });
});
