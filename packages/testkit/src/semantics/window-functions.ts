import { type Codec, type Infer, t } from "@millrace/codec";
import { type AggregateFunction, type Key, outputTag, type StateDeclarations, state, type ValueState } from "@millrace/contracts";
import type { ProcessWindowFunction, WindowContext, WindowSpec } from "@millrace/operators";
import type { CaseElement } from "./case.ts";
import { type CaseEvent, eventCodec, type Fields } from "./window-parts.ts";

export type { CaseEvent } from "./window-parts.ts";

const accumulatorCodec = t.object({ n: t.number(), sum: t.number(), min: t.number(), max: t.number(), ids: t.array(t.number()) });
type Accumulator = Infer<typeof accumulatorCodec>;
type Context = WindowContext<Key, StateDeclarations, StateDeclarations>;
type AnyFunction = NonNullable<WindowSpec["process"]>;

export function eventOf(element: CaseElement): CaseEvent {
  const id = Number(element.id);
  return { k: String(element.k), v: Number(element.v ?? 0), id, g: Number(element.g ?? 0), ids: [id] };
}

export function sortedIf(sorted: boolean, ids: readonly number[]): number[] {
  return sorted ? ids.toSorted((a, b) => a - b) : [...ids];
}

/** Contents and function of a case, as its `function` names them. */
export function windowFunction(spec: Fields): Pick<WindowSpec, "contents" | "process"> {
  const sorted = spec.sortIds === true;
  const codec = eventCodec as Codec<unknown>;
  const givesUpAt = Number(spec.givesUpAt ?? 0);
  const reduced: WindowSpec["contents"] = {
    kind: "reduce",
    codec: givesUpAt === 0 ? codec : t.undefinable(codec),
    reduce: (a, b) => sum(a as CaseEvent, b as CaseEvent, givesUpAt),
  };
  const aggregated: WindowSpec["contents"] = {
    kind: "aggregate",
    codec: accumulatorCodec as Codec<unknown>,
    elementCodec: codec,
    aggregate: { ...statistics(sorted), commutative: spec.commutative === true } as AggregateFunction<unknown, unknown, unknown>,
  };
  switch (spec.function) {
    case "reduce":
      return { contents: reduced, process: undefined };
    case "reduceProcess":
      return { contents: reduced, process: perResult((value) => reducedFields(value as CaseEvent | null | undefined, sorted)) };
    case "aggregate":
      return { contents: aggregated, process: undefined };
    case "aggregateProcess":
      return { contents: aggregated, process: perResult((value) => ({ agg: value })) };
    default:
      return { contents: { kind: "elements", codec }, process: allElements(sorted, spec.function === "processState") };
  }
}

/** undefined, where Flink's gives null, when the sum is a multiple of `givesUpAt`; 0: never. */
function sum(a: CaseEvent, b: CaseEvent, givesUpAt: number): CaseEvent | undefined {
  if (givesUpAt !== 0 && (a.v + b.v) % givesUpAt === 0) return undefined;
  return { ...a, v: a.v + b.v, ids: [...a.ids, ...b.ids] };
}

function statistics(sorted: boolean): AggregateFunction<CaseEvent, Accumulator, Accumulator> {
  const merge = (a: Accumulator, b: Accumulator): Accumulator => ({
    n: a.n + b.n,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ids: [...a.ids, ...b.ids],
  });
  return {
    createAccumulator: () => ({ n: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, ids: [] }),
    add: (event, accumulator) => merge(accumulator, { n: 1, sum: event.v, min: event.v, max: event.v, ids: event.ids }),
    getResult: (accumulator) => ({ ...accumulator, ids: sortedIf(sorted, accumulator.ids) }),
    merge,
  };
}

function reducedFields(event: CaseEvent | null | undefined, sorted: boolean): object {
  return event === null || event === undefined ? { reduced: null } : { sum: event.v, ids: sortedIf(sorted, event.ids) };
}

function head(context: Context): object {
  return { k: context.key, ...bounds(context), wm: context.currentWatermark(), pt: context.currentProcessingTime() };
}

/** Start and end; the global window has none. */
function bounds({ window }: Context): object {
  return window.end === Number.POSITIVE_INFINITY ? {} : { s: window.start, e: window.end };
}

function perResult(fields: (value: unknown) => object): AnyFunction {
  return {
    process(elements, context, out) {
      for (const value of elements) out.collect({ ...head(context), ...fields(value) });
    },
  };
}

const cleared = outputTag<unknown>("cleared");
const firings = { wf: state.value(t.number()) };
const firingsOfKey = { gf: state.value(t.number()) };

/** Sees every element; with state it counts the firings of the window and of the key, and tells when a window is gone. */
function allElements(sorted: boolean, counting: boolean): AnyFunction {
  const emitOf = (elements: Iterable<unknown>, context: Context): object => {
    const events = [...elements] as CaseEvent[];
    const ids = sortedIf(
      sorted,
      events.map((event) => event.id),
    );
    return { ...head(context), sum: events.reduce((total, event) => total + event.v, 0), ids };
  };
  if (!counting) return { process: (elements, context, out) => out.collect(emitOf(elements, context)) };

  const counted: ProcessWindowFunction<Key, unknown, unknown, typeof firings, typeof firingsOfKey> = {
    windowState: firings,
    globalState: firingsOfKey,
    sideOutputs: [cleared],
    process(elements, context, out) {
      out.collect({ ...emitOf(elements, context as Context), wf: raised(context.windowState.wf), gf: raised(context.globalState.gf) });
    },
    clear(context) {
      const count = context.windowState.wf;
      context.output(cleared, { ...bounds(context as Context), wf: count.value() ?? null });
      count.clear();
    },
  };
  return counted as AnyFunction;
}

function raised(count: ValueState<number>): number {
  const next = (count.value() ?? 0) + 1;
  count.update(next);
  return next;
}
