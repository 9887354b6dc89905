import { expect, test } from "bun:test";
import { ifacer } from "../executable.ts";

test.each(["validate", "plan", "status", "doctor", "convert"])(
  "%s refuses a document that contains itself",
  async (command) => {
    const { status, stdout, stderr } = await ifacer([command, "-f", "-"], { stdin: "a: &a [*a, *a]\n" });
    // What is wrong with the node is told as well.
    expect(`${stdout}${stderr}`).toContain("a value contains itself by an alias");
    expect([command, status]).toEqual([command, command === "status" ? 0 : 1]);
  },
);
