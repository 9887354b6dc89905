/** Where the node's admin puts the policy. */
export const policyPath = "/etc/ifacer/policy.json";
