import { canonicalJson, type Json } from "@millrace/core";
import type { CaseResult, SemanticsCase, TraceEntry } from "./case.ts";

/**
 * Compares what this engine emitted with what Flink emitted, under the ordering rules of the cases: steps in order;
 * outputs of timers of one time as a multiset; everything else exact. Returns undefined when equal, else a sentence.
 */
export function compareCase(recorded: SemanticsCase, actual: CaseResult): string | undefined {
  const form = forms[recorded.kind] ?? exact;
  const want = form(recorded, recorded.output);
  const got = form(recorded, actual.output);
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    if (want[i] !== got[i]) {
      return `${recorded.id}: at group ${i} Flink gave ${want[i] ?? "nothing more"}, this engine ${got[i] ?? "nothing more"}`;
    }
  }
  return compareEnd(recorded, actual);
}

function compareEnd(recorded: SemanticsCase, actual: CaseResult): string | undefined {
  const end = recorded.end ?? {};
  const mine = actual.end ?? {};
  if (end.lateDropped !== undefined && mine.lateDropped !== undefined && end.lateDropped !== mine.lateDropped) {
    return `${recorded.id}: ${end.lateDropped} late elements dropped in Flink, ${mine.lateDropped} here`;
  }
  if (recorded.kind !== "cep" && end.stateEmpty === true && mine.stateEmpty === false) {
    return `${recorded.id}: Flink has no state left, this engine has`;
  }
  return undefined;
}

type Form = (recorded: SemanticsCase, outputs: readonly TraceEntry[]) => string[];
type LabelOf = (entry: TraceEntry) => string | undefined;

/** Which key or window comes first among timers of one time is open. */
const byTimer: LabelOf = (o) => (o.et !== undefined ? `at ${o.at} et ${o.et}` : o.pt !== undefined ? `at ${o.at} pt ${o.pt}` : undefined);
const isMainOutput = (o: TraceEntry): boolean => o.v !== undefined && o.side === undefined;

const exact: Form = (_, outputs) => runs(outputs, () => undefined);
const byStep: Form = (_, outputs) => runs(outputs, (o) => (isMainOutput(o) ? `at ${o.at}` : undefined));
const timed: Form = (_, outputs) => runs(outputs, byTimer);

/** Kinds whose order is partly open; all others are compared exactly. */
const forms: Readonly<Record<string, Form>> = {
  window: timed,
  coProcess: timed,
  broadcast: timed,
  repartition: (_, outputs) => runs(outputs.map(byOldSubtask), () => undefined),
  process: (c, outputs) => (c.spec.pastTimers === true ? perKey(outputs, () => undefined) : runs(outputs, byTimer)),
  windowJoin: (c, outputs) => {
    const pairsAreOpen = c.spec.sortIds === true && c.spec.mode === "join";
    return runs(outputs, (o) => byTimer(o) ?? (pairsAreOpen && o.v !== undefined ? `at ${o.at}` : undefined));
  },
  intervalJoin: byStep,
  temporalJoin: byStep,
  cep: (_, outputs) => perKey(outputs, (o) => (o.side === "timeout" ? "timeouts" : isMainOutput(o) ? `matches ${o.ts}` : undefined)),
};

/** In which order a subtask gets the runs of several old ones follows the hashes of file names in Flink; within a run the order counts. */
function byOldSubtask(output: TraceEntry): TraceEntry {
  const states = Object.entries(output.states as { readonly [name: string]: readonly string[] });
  const old = (item: string): number => Number(item.split(":", 1)[0]);
  return { ...output, states: Object.fromEntries(states.map(([name, items]) => [name, items.toSorted((a, b) => old(a) - old(b))])) };
}

/** One text per run: consecutive outputs with one label are sorted together; an output without a label stands alone. */
function runs(outputs: readonly TraceEntry[], labelOf: LabelOf): string[] {
  const groups: { readonly label: string | undefined; readonly items: string[] }[] = [];
  for (const output of outputs) {
    const label = labelOf(output);
    const last = groups.at(-1);
    if (label !== undefined && last?.label === label) last.items.push(textOf(output));
    else groups.push({ label, items: [textOf(output)] });
  }
  return groups.map((group) => `${group.label ?? "exactly"} ${group.items.sort().join(" ")}`);
}

/** Errors are equal when phase and step are; type and text are each engine's own. */
function textOf(output: TraceEntry): string {
  const plain = output.error === undefined ? output : { error: { phase: output.error.phase }, at: output.at };
  return canonicalJson(plain as Json);
}

/** Per step one sequence for each key; outputs without a key are sequences of their own; none may cross a watermark. */
function perKey(outputs: readonly TraceEntry[], labelOf: LabelOf): string[] {
  const result: string[] = [];
  const steps = [...Map.groupBy(outputs, (o) => o.at ?? -1)].sort(([a], [b]) => a - b);
  for (const [at, step] of steps) {
    let watermarks = 0;
    const streams = Map.groupBy(step, (o) => {
      const stream = streamOf(o);
      const name = `${watermarks} ${stream}`;
      if (stream === "watermarks") watermarks++;
      return name;
    });
    for (const [name, entries] of [...streams].sort(([a], [b]) => (a < b ? -1 : 1))) {
      result.push(`step ${at} ${name}`, ...runs(entries, labelOf));
    }
  }
  return result;
}

function streamOf(output: TraceEntry): string {
  const value = output.v;
  if (value !== null && typeof value === "object" && "k" in value) return `key ${String(value.k)}`;
  return output.side === undefined ? "watermarks" : `side ${output.side}`;
}
