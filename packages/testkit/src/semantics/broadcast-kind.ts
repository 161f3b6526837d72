import { t } from "@millrace/codec";
import { type KeyedBroadcastProcessFunction, type MapDeclaration, type Operator, state } from "@millrace/contracts";
import { createKeyedBroadcastProcessOperator } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

const rules = { rules: state.map(t.string(), t.number()) };
const counts = { count: state.value(t.number()) };
type Program = KeyedBroadcastProcessFunction<string, CaseElement, CaseElement, object, typeof rules, typeof counts>;

/** A keyed input (0) beside a broadcast one (1): broadcast state, keyed counts, timers, applyToKeyedState. */
export async function runBroadcastCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const keyOf = (element: unknown): string => (element as CaseElement).k ?? "";
  const spec = { states: rules as unknown as Readonly<Record<string, MapDeclaration<unknown, unknown>>>, origin: "input 1" };
  const create = (): Operator<unknown, unknown, unknown> =>
    createKeyedBroadcastProcessOperator(program as unknown as Parameters<typeof createKeyedBroadcastProcessOperator>[0], keyOf, spec);
  return driveOperator(recorded, { create, inputs: 2 }, variation);
}

const program: Program = {
  state: counts,
  processElement({ id, ops }, context, out) {
    const n = (context.state.count.value() ?? 0) + 1;
    context.state.count.update(n);
    out.collect({ k: context.currentKey(), id, n, wm: context.currentWatermark(), rules: sorted(context.broadcastState.rules.entries()) });
    if (ops?.[0] === "et") context.timers.registerEventTimeTimer(Number(ops[1]));
  },
  processBroadcastElement({ id, v, t: rule = "", ops = [] }, context, out) {
    switch (ops[0]) {
      case "put":
        return context.broadcastState.rules.put(String(rule), Number(v));
      case "remove":
        return context.broadcastState.rules.remove(String(rule));
      case "counts": {
        const found: [string, number | undefined][] = [];
        context.applyToKeyedState("count", (key, count) => found.push([key, count.value()]));
        return out.collect({ id, counts: sorted(found), wm: context.currentWatermark() });
      }
      default:
        return context.applyToKeyedState("count", (_key, count) => count.clear());
    }
  },
  onTimer(_timestamp, context, out) {
    out.collect({ k: context.currentKey(), timer: "et", n: context.state.count.value() ?? null, wm: context.currentWatermark() });
  },
};

function sorted(entries: Iterable<[string, unknown]>): object {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
