import { t } from "@millrace/codec";
import type { AggregatingState } from "@millrace/contracts";
import { session, sliding, tumbling, type WindowAssigner, type WindowContents, type WindowSpec } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HarnessStep, OperatorHarness } from "../../src/harness/index.ts";
import { folded, linesPerStep, openWindows, type Reading, readingSteps, scatteredSessions, specOf } from "./window-harness.ts";

const assigners: fc.Arbitrary<WindowAssigner<unknown>> = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 }))
  .chain(([size, slide, shift]) =>
    fc.constantFrom(
      tumbling(size, { offset: (shift % size) + 0 }),
      sliding(size, slide, { offset: (shift % slide) + 0 }),
      session(slide),
      tumbling(size * 20, { offset: (shift % size) + 0, time: "processing" }),
      sliding(size * 20, slide * 20, { time: "processing" }),
    ),
  );

const specs: fc.Arbitrary<WindowSpec> = fc
  .tuple(assigners, fc.boolean(), fc.boolean())
  .map(([assigner, sideOutput, plain]) =>
    specOf({ assigner, contents: folded, lateOutput: sideOutput ? "late" : undefined, ...(plain ? { process: undefined } : {}) }),
  );

/** A sum that is given up at a 0. */
const upToZero: WindowContents = {
  kind: "reduce",
  codec: t.undefinable(t.object({ key: t.string(), id: t.number() })) as never,
  reduce: (a, b) => ((b as Reading).id === 0 ? undefined : { key: "a", id: (a as Reading).id + (b as Reading).id }),
};

/** The sliding ones are put together from slices. */
const largestEven: WindowContents = {
  kind: "aggregate",
  codec: t.undefinable(t.number()) as never,
  elementCodec: undefined,
  aggregate: {
    createAccumulator: () => undefined,
    add: (value, held) => ((value as Reading).id % 2 === 0 ? Math.max((value as Reading).id, (held as number) ?? 0) : held),
    getResult: (held) => held,
    merge: (a, b) => Math.max((a as number) ?? 0, b as number),
    commutative: true,
  },
};

describe("windows that fire once", () => {
  it("give what windows with timers per key give, generated or interpreted", async () => {
    await fc.assert(
      fc.asyncProperty(readingSteps, specs, async (list, spec) => {
        const general = await openWindows(spec, { implementation: "general" });
        const want = linesPerStep(general, list).map(inOrderOfEnd);
        for (const implementation of ["generated", "interpreted"] as const) {
          const harness = await openWindows(spec, { implementation });
          expect(linesPerStep(harness, list).map(inOrderOfEnd), implementation).toEqual(want);
          expect(harness.metrics, implementation).toEqual(general.metrics);
          // As in Flink, the end of the input does not end windows of processing time.
          expect(harness.stateEmpty()).toBe(general.stateEmpty());
          if (spec.assigner.time === "event") expect(harness.stateEmpty()).toBe(true);
        }
      }),
    );
  });

  it("give the same when a firing is cut after any record and restored from a snapshot there", async () => {
    await fc.assert(
      fc.asyncProperty(readingSteps, specs, fc.infiniteStream(fc.boolean()), async (list, spec, restarts) => {
        const whole = await openWindows(spec);
        const cut = await openWindows(spec, { capacity: 0 });
        await runCut(cut, list, restarts);
        linesPerStep(whole, list);
        expect(cut.outputs.map(textOf).sort()).toEqual(whole.outputs.map(textOf).sort());
        expect(timesOf(cut)).toEqual(timesOf(whole));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["a value that the function gives up with undefined", upToZero],
    ["windows in which nothing counts", largestEven],
  ])("begin anew behind nothing, and emit nothing for it, as windows with timers do: %s", async (_, contents) => {
    // Sessions are bridged when one of them holds nothing, and when none does.
    const readings = [2, 1, 0, 4, 11, 0, 32, 21, 0, 27, 0, 23].map((id, index) => ({
      id,
      at: [1, 2, 3, 4, 15, 16, 17, 40, 41, 46, 47, 43][index] as number,
    }));
    for (const assigner of [tumbling(10), sliding(10, 5), session(3), session(() => 3)]) {
      for (const count of readings.keys()) {
        const spec = specOf({ assigner, contents, process: undefined });
        const outputs = await Promise.all(
          (["general", "generated", "interpreted"] as const).map(async (implementation) => {
            const harness = await openWindows(spec, { implementation });
            for (const { id, at } of readings.slice(0, count + 1)) harness.element({ key: "a", id }, at);
            harness.watermark(Number.POSITIVE_INFINITY);
            expect(harness.stateEmpty(), implementation).toBe(true);
            return harness.outputs;
          }),
        );
        for (const output of outputs) expect(output).toEqual(outputs[0]);
      }
    }
  });

  it("look at few sessions of a key, however many are open", async () => {
    let looks = 0;
    const spec = specOf({ assigner: session(10), contents: folded, process: undefined });
    const harness = await scatteredSessions(spec, (states) => {
      for (const sessions of Object.values(states) as AggregatingState<Change, unknown[]>[]) countLooks(sessions, () => looks++);
    });
    expect(harness.values()).toHaveLength(512);
    expect(harness.stateEmpty()).toBe(true);
    expect(looks).toBeLessThan(100 * 512);
    await harness.close();
  });

  it("tell a function right after the firing that the window is gone", async () => {
    const seen: string[] = [];
    const spec = specOf({
      assigner: tumbling(10),
      contents: folded,
      process: {
        process: (_values, context) => seen.push(`fired ${context.key} ${context.window.end}`),
        clear: (context) => seen.push(`gone ${context.key} ${context.window.end}`),
      },
    });
    const harness = await openWindows(spec);
    harness.element({ key: "a", id: 1 }, 3);
    harness.element({ key: "b", id: 2 }, 4);
    harness.watermark(9);
    expect(seen).toEqual(["fired a 10", "gone a 10", "fired b 10", "gone b 10"]);
  });
});

async function runCut(harness: OperatorHarness<unknown, unknown>, list: readonly HarnessStep[], restarts: Iterator<boolean>): Promise<void> {
  for (const step of list) {
    await harness.runWith(step, async () => {
      if (restarts.next().value === true) await harness.restart();
    });
  }
}

const textOf = (entry: unknown): string => JSON.stringify(entry);
const timesOf = (harness: OperatorHarness<unknown, unknown>): unknown[] =>
  harness.outputs.map((entry) => (entry.kind === "record" ? entry.timestamp : entry.kind));
/** Keys of one window come in an order that is open. */
const inOrderOfEnd = (lines: string[]): string[] => lines.toSorted((a, b) => endOf(a) - endOf(b) || (a < b ? -1 : 1));
const endOf = (line: string): number => Number(/ at (\S+)$/.exec(line)?.[1] ?? 0);

type Change = (sessions: unknown[]) => void;

/** Tells of each session that is looked at. */
function countLooks(state: AggregatingState<Change, unknown[]>, look: () => void): void {
  const seen = (sessions: unknown[]): unknown[] =>
    new Proxy(sessions, {
      get(target, name) {
        if (/^\d+$/.test(String(name))) look();
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const { add, get } = { add: state.add.bind(state), get: state.get.bind(state) };
  Object.assign(state, {
    add: (change: Change) => add((sessions) => change(seen(sessions))),
    get() {
      const sessions = get();
      return sessions === undefined ? undefined : seen(sessions);
    },
  });
}
