import type { Namespace, OperatorContext } from "@millrace/contracts";
import { returned } from "@millrace/core";
import type { EvictorContext, TimestampedValue } from "../evictors/evictor.ts";
import type { Window, WindowContents, WindowSpec } from "../spec.ts";
import { type ContentsState, type EvictableContents, elementsContents, evictableContents, foldedContents } from "./contents.ts";
import { foldingOf } from "./folding.ts";
import { Results } from "./results.ts";
import { numbers, type WindowForm } from "./window-form.ts";

/** The contents of the current key's windows, and what is done with them when a window fires or ends. */
export interface Firing {
  readonly contents: Pick<ContentsState<unknown>, "add" | "clear" | "merge">;
  /** Emits the result of a window; nothing when it has no contents. */
  fire(window: Window, namespace: Namespace): void;
  /** Tells the window function that the window is gone. */
  windowCleared(window: Window): void;
}

export function openFiring(spec: WindowSpec, context: OperatorContext<unknown>, form: WindowForm): Firing {
  const { merging } = spec.assigner;
  const results = new Results(spec, context, form);
  const codec = merging ? numbers : form.codec;

  if (spec.evictor !== undefined) return evictingFiring(spec, context, evictableContents(context.keyed, spec, codec), results);
  if (spec.contents.kind === "elements") return plainFiring(elementsContents(context.keyed, spec.contents, codec), (all) => all, results);
  const { contents } = spec;
  const resultOf =
    contents.kind === "aggregate" ? (accumulator: unknown) => [contents.aggregate.getResult(accumulator)] : (value: unknown) => [value];
  return plainFiring(foldedContents(context.keyed, contents, codec), resultOf, results);
}

function plainFiring<C>(contents: ContentsState<C>, resultsOf: (contents: C) => readonly unknown[], results: Results): Firing {
  return {
    contents,
    fire(window, namespace) {
      const held = contents.read(namespace);
      if (held === undefined) return;
      results.turnTo(window);
      results.emit(resultsOf(held));
    },
    windowCleared: (window) => windowCleared(window, results),
  };
}

/** As Flink's EvictingWindowOperator: evict, call the function, evict, keep what is left. A window whose elements are all evicted still fires. */
function evictingFiring(spec: WindowSpec, context: OperatorContext<unknown>, contents: EvictableContents, results: Results): Firing {
  const { evictor } = spec;
  const folded = foldedBy(spec.contents);
  return {
    contents,
    fire(window, namespace) {
      const held = contents.read(namespace);
      if (held === undefined) return;
      const evictorContext = evictorContextOf(window, context);
      const before = returned(evictor?.evictBefore?.(held, evictorContext)) ?? held;
      results.turnTo(window);
      results.emit(folded(before));
      const after = returned(evictor?.evictAfter?.(before, evictorContext)) ?? before;
      if (after !== held) contents.replace(namespace, after);
    },
    windowCleared: (window) => windowCleared(window, results),
  };
}

function windowCleared(window: Window, results: Results): void {
  results.turnTo(window);
  results.clear();
}

function evictorContextOf(window: Window, context: OperatorContext<unknown>): EvictorContext {
  return { window, currentWatermark: () => context.currentWatermark(), currentProcessingTime: () => context.now() };
}

/**
 * What the function sees of elements that were kept whole for an evictor. Nothing left, or given up by the function: a reduce of it
 * is null, as in Flink, and an aggregate that of no record.
 */
function foldedBy(contents: WindowContents): (elements: readonly TimestampedValue<unknown>[]) => readonly unknown[] {
  if (contents.kind === "elements") return (elements) => elements.map((element) => element.value);
  const { add, result } = foldingOf(contents);
  const ofNothing = (): unknown => (contents.kind === "reduce" ? null : result(returned(contents.aggregate.createAccumulator())));
  return (elements) => {
    const held = elements.reduce<unknown>((value, element) => returned(add(value, element.value)), undefined);
    return [held === undefined ? ofNothing() : result(held)];
  };
}
