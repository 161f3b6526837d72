import { type CoProcessFunction, outputTag } from "@millrace/contracts";
import { createCoFlatMapOperator, createCoMapOperator, createCoProcessOperator } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHarness, steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";

describe("functions of two inputs without a key", () => {
  const drawn = fc.array(fc.record({ value: fc.nat(9), input: fc.constantFrom<0 | 1>(0, 1), at: fc.integer({ min: -5, max: 5 }) }), {
    maxLength: 12,
  });

  it("give what each function gives, in the order of the records, with their timestamps", async () => {
    const list = (value: number): string[] => Array.from({ length: value % 3 }, (_, index) => `${value}:${index}`);
    const text = (value: number): string[] => [`"${value}"`];
    await fc.assert(
      fc.asyncProperty(drawn, async (records) => {
        const expected = records.flatMap(({ value, input, at }) => {
          return (input === 0 ? list(value) : text(value)).map((out) => ({ kind: "record" as const, value: out, timestamp: at }));
        });
        const stepsOf = records.map(({ value, input, at }) => steps.element(value, at, input));
        await verifyOperator({ create: () => createCoFlatMapOperator(list, text), inputs: 2, keyed: false, steps: stepsOf, expected });
      }),
      { numRuns: 20 },
    );
  });

  it("map one record to one", async () => {
    const outputs = await verifyOperator({
      create: () =>
        createCoMapOperator(
          (value: number) => value + 1,
          (value: string) => value.length,
        ),
      inputs: 2,
      keyed: false,
      steps: [steps.element(4, 1), steps.element("four", 2, 1), steps.watermark(3, 0), steps.watermark(2, 1)],
    });
    expect(outputs).toEqual([
      { kind: "record", value: 5, timestamp: 1 },
      { kind: "record", value: 4, timestamp: 2 },
      { kind: "watermark", watermark: 2 },
    ]);
  });

  it("are process functions that write to side outputs, under every schedule and capacity", async () => {
    const odd = outputTag<string>("odd");
    await fc.assert(
      fc.asyncProperty(drawn, async (records) => {
        const expected = records.map(({ value, input, at }) => {
          const text = `${input}:${value}`;
          return value % 2 === 1
            ? { kind: "side" as const, name: "odd", value: text, timestamp: at }
            : { kind: "record" as const, value: text, timestamp: at };
        });
        const either =
          (input: number): CoProcessFunction<number, number, string>["processElement1"] =>
          (value, context, out) => {
            if (value % 2 === 1) context.output(odd, `${input}:${value}`);
            else out.collect(`${input}:${value}`);
          };
        await verifyOperator({
          create: () =>
            createCoProcessOperator<number, number, string>({ sideOutputs: [odd], processElement1: either(0), processElement2: either(1) }),
          inputs: 2,
          keyed: false,
          steps: records.map(({ value, input, at }) => steps.element(value, at, input)),
          expected,
        });
      }),
      { numRuns: 20 },
    );
  });

  it("see time and side outputs in a process function, and name their place when they throw", async () => {
    const harness = await createHarness({
      create: () =>
        createCoProcessOperator<number, string, object>({
          processElement1(value, context, out) {
            out.collect({ value, at: context.timestamp(), watermark: context.currentWatermark() });
          },
          processElement2() {
            throw new Error("broken");
          },
        }),
      inputs: 2,
      keyed: false,
      uid: "both",
    });
    harness.watermark(3, 0);
    harness.watermark(4, 1);
    harness.element(7, 5);
    expect(harness.values()).toEqual([{ value: 7, at: 5, watermark: 3 }]);
    expect(() => harness.element("x", 1, 1)).toThrow(
      expect.objectContaining({ code: "USER_FUNCTION", where: expect.objectContaining({ uid: "both" }) }),
    );
    await harness.close();
  });
});
