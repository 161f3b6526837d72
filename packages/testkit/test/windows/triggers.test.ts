import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countEvictor,
  countTrigger,
  createWindowOperator,
  defineTrigger,
  globalWindow,
  processingTimeoutTrigger,
  purging,
  session,
  sliding,
  tumbling,
  windowStates,
} from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { type Fired, folded, openWindows, type Reading, specOf } from "./window-harness.ts";

const a = (id: number) => ({ key: "a", id });
const idsOf = (values: readonly unknown[]) => values.map((fired) => (fired as Fired).ids);

/** Fires when the ids of a window add up to the limit; the sum moves along when sessions merge. */
const sumTrigger = (limit: number) =>
  defineTrigger({
    description: { type: "sum", limit },
    state: { sum: state.reducing(t.number(), (left: number, right: number) => left + right) },
    canMerge: true,
    onElement(value: Reading, _timestamp, _window, context) {
      context.state.sum.add(value.id);
      return (context.state.sum.get() ?? 0) >= limit ? "fireAndPurge" : "continue";
    },
    onEventTime: () => "continue",
    onProcessingTime: () => "continue",
    onMerge: (_window, context) => context.mergeState("sum"),
    clear: (_window, context) => context.state.sum.clear(),
  });

/** As plain JavaScript may have it. */
const returning = (result: unknown) => {
  const answer = () => result as "fire";
  return defineTrigger({ description: "own", canMerge: false, onElement: answer, onEventTime: answer, onProcessingTime: answer, clear() {} });
};

describe("triggers", () => {
  it.each([
    ["FIRE", '"FIRE"'],
    [undefined, "undefined"],
    [true, "true"],
  ])("that return what there is not are refused: %s", async (result, shown) => {
    const message = `what a trigger returns must be "continue", "fire", "purge" or "fireAndPurge", not ${shown}`;
    const refused = expect.objectContaining({ code: "PLAN_OPTION", message, where: expect.objectContaining({ key: '"a"' }) });
    for (const trigger of [returning(result), purging(returning(result))]) {
      const harness = await openWindows(specOf({ assigner: tumbling(10), trigger }));
      expect(() => harness.element(a(4), 1)).toThrow(refused);
    }
    const harness = await openWindows(specOf({ assigner: tumbling(10), trigger: processingTimeoutTrigger(returning(result), { timeoutMs: 1 }) }));
    expect(() => harness.watermark(20)).not.toThrow();
    expect(() => harness.element(a(4), 21)).toThrow(refused);
  });

  it("of a user's own keep state per key and window, and leave none behind", async () => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), trigger: sumTrigger(10) as never }));
    harness.element(a(4), 1);
    harness.element({ key: "b", id: 7 }, 1);
    harness.element(a(5), 11);
    harness.element(a(6), 2);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 10, ids: [4, 6] }]);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("of a user's own take their state along into merged sessions", async () => {
    const harness = await openWindows(specOf({ assigner: session(10), trigger: sumTrigger(10) as never, contents: folded }));
    harness.element(a(4), 0);
    harness.element(a(5), 20);
    harness.element(a(1), 10);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 30, ids: [4, 5, 1] }]);
  });

  it("that can't merge are refused over sessions", () => {
    const spec = specOf({ assigner: session(10), trigger: processingTimeoutTrigger(countTrigger(2), { timeoutMs: 5 }) });
    expect(() => createWindowOperator(spec)).toThrow(expect.objectContaining({ code: "WINDOW_TRIGGER" }));
  });

  it("by count make count windows of the global window", async () => {
    const harness = await openWindows(specOf({ assigner: globalWindow(), trigger: purging(countTrigger(2)) }));
    for (let id = 0; id < 5; id++) harness.element(a(id));
    expect(idsOf(harness.values())).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(harness.outputs[0]).toMatchObject({ timestamp: Number.POSITIVE_INFINITY });
  });

  it("fire the global window at the end of the input when asked to", async () => {
    const harness = await openWindows(specOf({ assigner: globalWindow({ endOfStreamTrigger: true }) }));
    harness.element(a(1), 5);
    harness.watermark(1_000);
    expect(harness.values()).toEqual([]);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(idsOf(harness.values())).toEqual([[1]]);
  });

  it("that fire continuously over the global window come to an end with the input", async () => {
    const harness = await openWindows(specOf({ assigner: globalWindow(), trigger: continuousEventTimeTrigger(10) }));
    harness.element(a(1), 5);
    harness.watermark(25);
    harness.watermark(Number.POSITIVE_INFINITY);
    // At 10, 20, 30 and at the end of time.
    expect(idsOf(harness.values())).toEqual([[1], [1], [1], [1]]);
  });

  it("that fire continuously refuse a record without a timestamp in the global window", async () => {
    const harness = await openWindows(specOf({ assigner: globalWindow(), trigger: continuousEventTimeTrigger(10) }));
    expect(() => harness.element(a(1))).toThrow(expect.objectContaining({ code: "WINDOW_TIMESTAMP" }));
  });

  it("by the clock fire an event-time window whose end is long past once, not without end", async () => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), trigger: continuousProcessingTimeTrigger(5) }));
    harness.setProcessingTime(1_000);
    harness.element(a(1), 3);
    harness.element(a(2), 4);
    expect(idsOf(harness.values())).toEqual([[1]]);
  });

  it.each([
    ["tumbling", tumbling(10)],
    ["sliding", sliding(10, 5)],
    ["session", session(10)],
  ])("that an assigner of the job's own has by default are asked, also where its windows could fire whole: %s", async (_kind, assigner) => {
    const own = { ...assigner, description: { type: "own" }, defaultTrigger: purging(countTrigger(2)) };
    const contents = { ...folded, aggregate: { ...(folded as { readonly aggregate: object }).aggregate, commutative: true } } as never;
    const harness = await openWindows(specOf({ assigner: own, contents }));
    harness.element(a(1), 6);
    expect(harness.values()).toEqual([]);
    harness.element(a(2), 7);
    expect(idsOf(harness.values())[0]).toEqual([1, 2]);
    harness.element(a(3), 8);
    const fired = harness.values().length;
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toHaveLength(fired);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("of timeouts can be nested", async () => {
    const inner = processingTimeoutTrigger(countTrigger(10), { timeoutMs: 50 });
    const harness = await openWindows(specOf({ assigner: globalWindow(), trigger: processingTimeoutTrigger(inner, { timeoutMs: 20 }) }));
    harness.element(a(1));
    harness.setProcessingTime(19);
    expect(harness.values()).toEqual([]);
    harness.setProcessingTime(20);
    expect(idsOf(harness.values())).toEqual([[1]]);
  });
});

describe("what windows keep", () => {
  it("stands in the plan under its names", () => {
    const process = {
      ...specOf({ assigner: tumbling(5) }).process,
      windowState: { seen: state.value(t.number()) },
      globalState: { all: state.value(t.number()) },
    };
    const spec = specOf({ assigner: tumbling(5), trigger: countTrigger(3), process: process as never });
    expect(Object.keys(windowStates(spec))).toEqual(["contents", "trigger.count", "window.seen", "global.all"]);
    expect(Object.keys(windowStates(specOf({ assigner: tumbling(5), contents: folded })))).toEqual(["accumulators"]);
    expect(Object.keys(windowStates(specOf({ assigner: session(5) })))).toEqual(["contents", "sessions"]);
  });

  it("in a function's window state is gone with the window, also when the function forgets it", async () => {
    const process = {
      windowState: { seen: state.value(t.number()) },
      process: (_values: unknown, context: { windowState: { seen: { update(value: number): void } } }) => context.windowState.seen.update(1),
    };
    const harness = await openWindows(specOf({ assigner: tumbling(5), process: process as never }));
    harness.element(a(1), 3);
    harness.watermark(3);
    expect(harness.stateEmpty()).toBe(false);
    harness.watermark(4);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("for an evictor of an aggregate needs the codec of the elements", () => {
    const spec = specOf({ assigner: tumbling(5), evictor: countEvictor(1), contents: { ...folded, elementCodec: undefined } as never });
    expect(() => createWindowOperator(spec)).toThrow(expect.objectContaining({ code: "WINDOW_FUNCTION" }));
  });
});
