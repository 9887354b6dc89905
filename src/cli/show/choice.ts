import type { Choice } from "../../plan/choose.ts";

/** What was said of each NIC, as `-o json` prints it. */
export function listVerdicts({ chosen, verdicts }: Choice): Readonly<Record<string, unknown>> {
  return {
    chosen: chosen.map(({ link }) => link.name),
    nics: verdicts.map(({ candidate, ...verdict }) => ({
      name: candidate.link.name,
      kind: candidate.kind,
      chosen: verdict.chosen,
      reason: verdict.reason,
      onlyLinkMissing: verdict.pending,
      driver: candidate.hardware.driver ?? candidate.link.kind ?? null,
      pciAddress: candidate.hardware.pciAddress ?? null,
      pciIDs: candidate.hardware.pciIDs ?? null,
      numaNode: candidate.hardware.numaNode ?? null,
      speed: candidate.hardware.speed ?? null,
      carrier: candidate.carrier,
      addresses: candidate.addresses,
    })),
  };
}
