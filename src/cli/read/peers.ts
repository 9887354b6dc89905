import { CniError, Code } from "../../error.ts";
import type { Problem } from "../../model.ts";
import { nameApart, type Peer, readPeers } from "../../reach/peers.ts";
import { readFileDocuments } from "./documents.ts";
import { readFiles } from "./files.ts";
import { describeProblem } from "./judge.ts";

/** Reads the peers of a file. Throws code 5 where it can't be read and code 7 where it holds something else, nobody, or two of one name. */
export function readPeerFile(path: string): Peer[] {
  const [file] = readFiles([path]);
  if (file === undefined) return [];
  const { documents, problems } = readFileDocuments(file);
  const faults: Problem[] = [...problems];
  const found = documents.flatMap(({ path, value }) => {
    try {
      return readPeers(value);
    } catch (error) {
      faults.push({ path, message: error instanceof Error ? error.message : String(error) });
      return [];
    }
  });
  const peers = nameApart(found);
  const [fault] = faults;
  if (fault) throw new CniError(Code.invalidConfig, describeProblem(fault));
  if (peers.length === 0) {
    throw new CniError(
      Code.invalidConfig,
      `${file.name}: there are no peers in it: a list of {name, addresses}, or Pods with extra networks`,
    );
  }
  const names = new Set<string>();
  const twice = peers.find(({ name }) => names.size === names.add(name).size);
  if (twice) {
    throw new CniError(
      Code.invalidConfig,
      `${file.name}: two peers are named ${twice.name}: give each a name of its own`,
    );
  }
  return peers;
}
