import { expect, test } from "bun:test";

const script = `
  import { toItsEnd } from ${JSON.stringify(`${import.meta.dir}/../../src/host/toItsEnd.ts`)};
  await toItsEnd(async () => {
    console.log("begun");
    await Bun.stdin.text();
    console.log("ended");
  });
  process.kill(process.pid, process.argv.at(-1));
  await Bun.sleep(10_000);
  console.log("still there");`;

test.each(["SIGHUP", "SIGINT", "SIGQUIT"] as const)("%s waits for the end of what was begun", async (signal) => {
  const child = Bun.spawn([process.execPath, "-e", script, signal], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let said = "";
  const hear = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    said += decoder.decode(value, { stream: !done });
    return !done;
  };
  while (!said.includes("begun\n") && (await hear()));
  child.kill(signal);
  child.kill(signal);
  child.stdin.write("go on");
  await child.stdin.end();
  while (await hear());
  await child.exited;
  expect([said, child.signalCode]).toEqual(["begun\nended\n", signal]);
});
