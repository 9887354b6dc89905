import { readdirSync, rmSync } from "node:fs";

/** Removes what is in the folders, not the folders. */
export function empty(...folders: readonly string[]): void {
  for (const folder of folders) {
    for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true });
  }
}

/** Asks again and again until the answer is yes; throws what it waited for if that takes longer than 300 s. */
export async function until(what: string, ask: () => Promise<boolean> | boolean): Promise<void> {
  const start = performance.now();
  while (!(await ask())) {
    if (performance.now() - start > 300_000) throw new Error(`waited in vain until ${what}`);
    await Bun.sleep(100);
  }
}
