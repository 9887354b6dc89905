/** A node that is an image first, a folder with Debian's packages and what is installed into it, and then boots with systemd. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Ended, runCommand, succeed } from "../kernel/harness.ts";

const project = join(import.meta.dir, "../..");
const packages = join(project, ".cache/debian/boot");

export interface Image extends Disposable {
  readonly root: string;
  /** Writes a file of the node's, with the folders that it needs. */
  write(path: string, text: string, mode?: number): void;
  /** Boots it with three NICs, and runs a script once the system is up. What it wrote is what the script wrote. */
  boot(script: string): Promise<Ended>;
}

/** An image of the packages, in which nothing of ifacer's is yet. It goes with the test. */
export async function image(): Promise<Image> {
  if (!existsSync(packages)) throw new Error(`there is no ${packages}: run 'make setup' first`);
  const folder = mkdtempSync(join(project, ".cache/boot-"));
  const root = join(folder, "root");
  // Links to the same files: what is put into place there gets files of its own.
  await succeed(["cp", "--archive", "--link", packages, root]);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  return {
    root,
    write,
    boot: (script) => {
      write("/root/script", script);
      return runCommand([join(project, "scripts/microvm.sh"), "bash", "/root/script"], {
        env: {
          MICROVM_LAYER: root,
          MICROVM_NICS: "3",
          MICROVM_SYSTEMD: "yes",
          MICROVM_BOOT_SECONDS: "600",
          MICROVM_SECONDS: "1000",
        },
      });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
