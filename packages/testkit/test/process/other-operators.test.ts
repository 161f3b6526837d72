import { t } from "@millrace/codec";
import { type KeyedCoProcessFunction, outputTag, type ProcessFunction, state } from "@millrace/contracts";
import { NO_TIMESTAMP, WATERMARK_MAX } from "@millrace/core";
import { createFinalReduceOperator, createKeyedCoProcessOperator, createProcessOperator, createReduceOperator } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarness, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";

describe("a process function without a key", () => {
  const odd = outputTag<number>("odd");
  const halves: ProcessFunction<number, object> = {
    sideOutputs: [odd],
    processElement(value, context, out) {
      if (value % 2 !== 0) context.output(odd, value);
      else out.collect({ half: value / 2, at: context.timestamp(), watermark: context.currentWatermark(), now: context.currentProcessingTime() });
    },
  };

  it("sees timestamps, watermarks and the clock, and emits to declared side outputs", async () => {
    const outputs = await verifyOperator({
      create: () => createProcessOperator(halves),
      keyed: false,
      steps: [steps.element(4, 1), steps.watermark(3), steps.processingTime(9), steps.element(8), steps.element(5, 6)],
    });
    expect(outputs).toEqual([
      { kind: "record", value: { half: 2, at: 1, watermark: Number.NEGATIVE_INFINITY, now: 0 }, timestamp: 1 },
      { kind: "watermark", watermark: 3 },
      { kind: "record", value: { half: 4, at: undefined, watermark: 3, now: 9 }, timestamp: NO_TIMESTAMP },
      { kind: "side", name: "odd", value: 5, timestamp: 6 },
    ]);
  });

  it("wraps what user code throws, without a key", async () => {
    const harness = await createHarness({
      create: () =>
        createProcessOperator<number, number>({
          processElement() {
            throw new Error("broken");
          },
        }),
      keyed: false,
      uid: "halves",
    });
    expect(() => harness.element(1)).toThrow(
      expect.objectContaining({ code: "USER_FUNCTION", where: { uid: "halves", subtask: 0, key: undefined } }),
    );
  });
});

describe("a keyed co-process function", () => {
  interface Rate {
    readonly currency: string;
    readonly rate: number;
  }
  interface Order {
    readonly currency: string;
    readonly amount: number;
  }
  const declarations = { rate: state.value(t.number()), waiting: state.list(t.object({ currency: t.string(), amount: t.number() })) };

  /** Orders wait for the first rate of their currency, at most until 20 ms after the order. */
  const convert: KeyedCoProcessFunction<string, Rate, Order, object, typeof declarations> = {
    state: declarations,
    processElement1({ rate }, context, out) {
      context.state.rate.update(rate);
      for (const order of context.state.waiting.get()) out.collect({ paid: order.amount * rate });
      context.state.waiting.clear();
    },
    processElement2(order, context, out) {
      const rate = context.state.rate.value();
      if (rate !== undefined) {
        out.collect({ paid: order.amount * rate });
        return;
      }
      context.state.waiting.add(order);
      context.timers.registerEventTimeTimer((context.timestamp() ?? 0) + 20);
    },
    onTimer(timestamp, context, out) {
      for (const order of context.state.waiting.get()) out.collect({ refused: order.amount, timestamp });
      context.state.waiting.clear();
    },
  };

  it("shares state and timers between its inputs, under every schedule, capacity and restart", async () => {
    const outputs = await verifyOperator({
      create: () =>
        createKeyedCoProcessOperator(
          convert,
          (rate) => rate.currency,
          (order) => order.currency,
        ),
      inputs: 2,
      steps: [
        steps.element({ currency: "EUR", amount: 3 }, 1, 1),
        steps.element({ currency: "EUR", amount: 4 }, 2, 1),
        steps.element({ currency: "USD", amount: 5 }, 3, 1),
        steps.element({ currency: "EUR", rate: 2 }, 4, 0),
        steps.watermark(30, 0),
        steps.element({ currency: "EUR", amount: 6 }, 31, 1),
        steps.status("idle", 1),
        steps.watermark(40, 0),
        steps.status("idle", 0),
      ],
    });
    expect(outputs.map((output) => (output.kind === "record" ? output.value : output.kind))).toEqual([
      { paid: 6 },
      { paid: 8 },
      { paid: 12 },
      { refused: 5, timestamp: 23 },
      "watermark",
      "watermark",
      "status",
    ]);
  });
});

describe("a keyed reduce", () => {
  it("emits the running value of each key, as a fold over its records would have it", async () => {
    const record = fc.record({ key: fc.integer({ min: 0, max: 3 }), sum: fc.integer() });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), async (records) => {
        const sums = new Map<number, number>();
        const expected = records.map(({ key, sum }, index) => {
          sums.set(key, (sums.get(key) ?? 0) + sum);
          return { kind: "record" as const, value: { key, sum: sums.get(key) ?? 0 }, timestamp: index };
        });
        await verifyOperator({
          create: () =>
            createReduceOperator(
              (a: { key: number; sum: number }, b) => ({ key: a.key, sum: a.sum + b.sum }),
              t.object({ key: t.number(), sum: t.number() }),
              (value) => value.key,
            ),
          steps: records.map((value, index) => steps.element({ ...value }, index)),
          expected,
          positionsMax: 4,
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe("the reduce of batch mode", () => {
  it("emits one value of each key when the input has ended, as a fold in the order of the records would have it", async () => {
    // Not associative: partial results could not be put together.
    type Word = { readonly key: number; readonly text: string };
    const follow = (a: Word, b: Word): Word => ({ key: a.key, text: `(${a.text}${b.text})` });
    const record: fc.Arbitrary<Word> = fc.record({ key: fc.integer({ min: 0, max: 3 }), text: fc.constantFrom("a", "b", "c") });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), async (records) => {
        const expected = [...Map.groupBy(records, ({ key }) => key).values()].map((ones) => ones.reduce(follow));
        // Batch mode has no restarts.
        for (const capacity of [Number.POSITIVE_INFINITY, 1, 0]) {
          const create = () => createFinalReduceOperator(follow, t.object({ key: t.number(), text: t.string() }), ({ key }: Word) => key);
          const harness = await createHarness({ create, capacity });
          for (const [index, value] of records.entries()) harness.element({ ...value }, index);
          harness.watermark(5);
          harness.endInput();
          harness.watermark(WATERMARK_MAX);
          expect(harness.values().toSorted((a, b) => a.key - b.key)).toEqual(expected.toSorted((a, b) => a.key - b.key));
        }
      }),
      { numRuns: 25 },
    );
  });

  it("begins anew, as a running one does, where the function has given a value up with undefined", async () => {
    type Total = { readonly n: number } | undefined;
    const untilZero = (a: Total, b: Total): Total => (b?.n === 0 ? undefined : { n: (a as { n: number }).n + (b?.n ?? 0) });
    const last = async (make: typeof createReduceOperator): Promise<unknown> => {
      const create = () => make<string, Total>(untilZero, t.undefinable(t.object({ n: t.number() })), () => "all");
      const harness = await createHarness({ create });
      for (const n of [1, 2, 0, 4]) harness.element({ n }, n);
      harness.endInput();
      harness.watermark(WATERMARK_MAX);
      return harness.outputs.findLast(({ kind }) => kind === "record");
    };
    expect(await last(createFinalReduceOperator)).toEqual(await last(createReduceOperator));
  });
});
