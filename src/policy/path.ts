import { mayBeThere } from "../host/file.ts";

/** Where the node's admin puts the policy. */
const parent = "/etc";
const folderName = "ifacer";
const policyFolder = `${parent}/${folderName}`;
export const policyPath = `${policyFolder}/policy.json`;

/** Whether there may be a policy. That there is none costs one stat(2) and a look into /etc, which go on beside other work. */
export function mayHavePolicy(): Promise<boolean> {
  return mayBeThere(parent, folderName);
}
