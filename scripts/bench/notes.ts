/** What run.ts measures of configs with `removeUnused`: a folder of notes, and calls among them. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { usersFolder } from "../../src/host/file.ts";
import { nameNote } from "../../src/host/note.ts";

/** How many Pods use the links of the case. */
const pods = 5000;

export const noteCases = { del: `DEL, ${pods} notes`, keyless: "DEL, notes of others", add: "ADD, no such NIC, noted" };

export interface Notes {
  /** Writes the notes of the Pod that `call` is about: what an ADD did before. */
  write(): void;
  end(): void;
}

/** Makes the notes of many Pods on links of this network namespace. */
export function makeNotes(links: readonly string[], { network }: { network: string }): Notes {
  const users = `${usersFolder}/netns-${statSync("/proc/self/ns/net").ino}`;
  const noteOf = (containerID: string) => nameNote({ network, containerID, ifName: "net1" });
  rmSync(users, { recursive: true, force: true });
  for (const link of links) {
    mkdirSync(`${users}/notes/${link}`, { recursive: true, mode: 0o700 });
    for (let pod = 2; pod <= pods; pod++) writeFileSync(`${users}/notes/${link}/${noteOf(`pod${pod}`)}`, "");
  }
  return {
    write: () => {
      for (const link of links) writeFileSync(`${users}/notes/${link}/${noteOf("pod1")}`, "");
    },
    end: () => {
      rmSync(users, { recursive: true, force: true });
      // Where the folder is, each DEL looks into it.
      if (existsSync(usersFolder) && readdirSync(usersFolder).length === 0) rmdirSync(usersFolder);
    },
  };
}
