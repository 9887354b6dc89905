import { nameSource, type Outcome } from "../../wire/question.ts";
import { describeOneMAC, describeSilence } from "../../wire/silence.ts";
import type { Wish } from "../read/wishes.ts";
import { type Line, line } from "./screen.ts";
import type { Row } from "./table.ts";

/** What became of a wish. */
export type Verdict =
  | Outcome
  /** This node has the address itself, which needs no asking. */
  | { readonly type: "held"; readonly holder: string }
  /** Only the link's own MAC got an answer. */
  | { readonly type: "oneMAC"; readonly mac: string; readonly after: number };

/** A wish and its verdict; `undefined`: it is being asked. */
export interface Judged {
  readonly wish: Wish;
  readonly verdict: Verdict | undefined;
}

/** Whether it is as it should be. */
export function isGood({ wish, verdict }: Judged): boolean {
  const has = verdict?.type === "answered" || verdict?.type === "held";
  return wish.expects === "answer" ? has : verdict?.type === "silent";
}

export const header: Row = { cells: ["LINK", "ADDRESS", "ANSWER", "AFTER"], colour: "bold" };

/** A wish as a row of the table. */
export function toRow(judged: Judged): Row {
  const { wish, verdict } = judged;
  const cells = [nameSource(wish.question.source), wish.question.address, ...showVerdict(wish, verdict)];
  return { cells, colour: verdict === undefined ? "dim" : isGood(judged) ? "green" : "red" };
}

function showVerdict({ expects }: Wish, verdict: Verdict | undefined): [answer: string, after: string] {
  const taken = expects === "silence" ? "taken by " : "";
  switch (verdict?.type) {
    case undefined:
      return ["(asking)         ", ""];
    case "answered":
      return [`${taken}${verdict.mac}`, showTime(verdict.after)];
    case "oneMAC":
      return [`${verdict.mac}, only to the link`, showTime(verdict.after)];
    case "held":
      return [`${taken}${verdict.holder}`, ""];
    case "silent":
      return [expects === "silence" ? "free" : "none", ""];
    case "unasked":
      return ["not asked", ""];
  }
}

function showTime(after: number): string {
  return `${(after / 1000).toFixed(2)} s`;
}

interface Context {
  readonly all: readonly Judged[];
  /** In seconds. */
  readonly timeout: number;
}

/** What is not as it should be, in words. */
export function describeVerdict(judged: Judged, context: Context): Line[] {
  const words = explain(judged, context);
  return words === undefined ? [] : [line(0, words, "red")];
}

function explain({ wish, verdict }: Judged, { all, timeout }: Context): string | undefined {
  const { question, expects, vlanID } = wish;
  const { source, address } = question;
  const name = nameSource(source);
  switch (verdict?.type) {
    case undefined:
    case "held":
    case "answered":
      if (expects === "answer" || verdict === undefined) return undefined;
      return `${address} is taken on ${name}: ${verdict.type === "held" ? verdict.holder : verdict.mac} has it`;
    case "oneMAC":
      return describeOneMAC(source, address);
    case "unasked":
      return `${address} could not be asked for on ${name}: ${verdict.reason}`;
    case "silent": {
      if (expects === "silence") return undefined;
      const others = all.filter(({ wish }) => nameSource(wish.question.source) === name);
      const othersAnswer = others.some(({ verdict }) => verdict?.type === "answered");
      return describeSilence({ source, address, timeout, vlanID, by: verdict.by, othersAnswer });
    }
  }
}

/** What a scan of VLANs found, address by address. Good: each address answers somewhere, or is free everywhere. */
export function summarizeScan(all: readonly Judged[]): { readonly good: boolean; readonly lines: readonly Line[] } {
  const byAddress = [...Map.groupBy(all, ({ wish }) => wish.question.address)];
  const found = byAddress.map(([address, rows]) => {
    const answering = rows.filter(({ verdict }) => verdict?.type === "answered" || verdict?.type === "held");
    const unasked = rows.flatMap(({ wish, verdict }) =>
      verdict?.type === "unasked" ? [`${nameSource(wish.question.source)}: ${verdict.reason}`] : [],
    );
    const [first] = rows;
    const good = first?.wish.expects === "silence" ? rows.every(isGood) : answering.length > 0;
    const ids = [...new Set(answering.map(({ wish }) => wish.vlanID))];
    const where =
      ids.length === 0
        ? `${address} answers in none of these ${rows.length} VLANs`
        : `${address} answers in ${ids.length === 1 ? "VLAN" : "VLANs"} ${ids.join(", ")}`;
    return {
      good,
      lines: [line(0, where, good ? "green" : "red"), ...unasked.map((words) => line(1, words, "yellow"))],
    };
  });
  return { good: found.length > 0 && found.every(({ good }) => good), lines: found.flatMap(({ lines }) => lines) };
}

/** A wish as `-o json` prints it. */
export function toJSON(judged: Judged, context: Context): unknown {
  const { wish, verdict } = judged;
  return {
    link: nameSource(wish.question.source),
    vlan: wish.vlanID ?? null,
    address: wish.question.address,
    expected: wish.expects,
    good: isGood(judged),
    outcome: verdict?.type ?? "unasked",
    mac: verdict && "mac" in verdict ? verdict.mac : null,
    milliseconds: verdict && "after" in verdict ? verdict.after : null,
    holder: verdict?.type === "held" ? verdict.holder : null,
    message: explain(judged, context) ?? null,
  };
}
