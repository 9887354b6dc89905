import { mayBeThere } from "../host/file.ts";

/** Where the node's admin puts the policy. */
const policyFolder = "/etc/ifacer";
export const policyPath = `${policyFolder}/policy.json`;

/** Whether there may be a policy. That there is none costs one stat(2), which goes on beside other work. */
export function mayHavePolicy(): Promise<boolean> {
  return mayBeThere(policyFolder);
}
