import type { Guarantee, Sink } from "@millrace/contracts";
import type { Ports } from "@millrace/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SinkDriver } from "../drivers/sink-driver.ts";

/** A sink and the outside world that it writes to. */
export interface SinkCase<T> {
  readonly guarantee: Guarantee;
  readonly sink: Sink<T>;
  /** Ports for the next attempt; those of the attempt before are dead. */
  ports(): Ports;
  /** The attempt's process dies: nothing that it began goes on. */
  kill(): Promise<void>;
  /** What others see. */
  visible(): Promise<readonly T[]>;
  /** Distinct values to write. */
  valueOf(index: number): T;
  dispose?(): Promise<void>;
}

/** One step of a history: some writes, then a checkpoint that gets so far, then perhaps the end of the process. */
interface Step {
  readonly writes: number;
  readonly reaches: "nothing" | "prepared" | "completed" | "committed";
  readonly crash: boolean;
  /** Of the next attempt. */
  readonly parallelism: number;
}

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  writes: fc.integer({ min: 0, max: 7 }),
  reaches: fc.constantFrom("nothing", "prepared", "completed", "committed"),
  crash: fc.boolean(),
  parallelism: fc.integer({ min: 1, max: 3 }),
});

/** The contract of sinks; histories are random, and fast-check prints the seed of one that fails. */
export function sinkSuite<T>(name: string, make: () => Promise<SinkCase<T>>): void {
  describe(`${name} keeps the contract of sinks`, () => {
    for (const reaches of ["nothing", "prepared", "completed", "committed"] as const) {
      test(`after a crash when a checkpoint was ${reaches === "nothing" ? "not begun" : reaches}, the output is right`, async () => {
        await follow(await make(), [
          { writes: 5, reaches: "committed", crash: false, parallelism: 1 },
          { writes: 5, reaches, crash: true, parallelism: 1 },
          { writes: 2, reaches, crash: true, parallelism: 1 },
          { writes: 5, reaches: "committed", crash: false, parallelism: 1 },
        ]);
      });
    }

    test("the output is right after any history of crashes and changes of parallelism", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 12 }), async (steps) => follow(await make(), steps)),
        { numRuns: 60 },
      );
    });

    test("nothing written gives an empty output", async () => {
      await follow(await make(), [{ writes: 0, reaches: "committed", crash: false, parallelism: 1 }]);
    });

    test("its description survives JSON", async () => {
      const sinkCase = await make();
      expect(JSON.parse(JSON.stringify(sinkCase.sink.description))).toEqual(sinkCase.sink.description);
      await sinkCase.dispose?.();
    });
  });
}

/** Runs a history to its end, replaying after each crash from the last completed checkpoint, as a source does. */
async function follow<T>(sinkCase: SinkCase<T>, steps: readonly Step[]): Promise<void> {
  let driver = await SinkDriver.open(sinkCase.sink, { ports: sinkCase.ports(), parallelism: 1 });
  let parallelism = 1;
  let next = 0;
  let replayFrom = 0;
  for (const step of steps) {
    for (let writes = step.writes; writes > 0; writes--) await driver.write(sinkCase.valueOf(next), next++ % parallelism);
    if (step.reaches !== "nothing") {
      const checkpoint = await driver.prepare();
      if (step.reaches !== "prepared") {
        driver.complete(checkpoint);
        replayFrom = next;
      }
      if (step.reaches === "committed") {
        await driver.commit(checkpoint);
        await expectVisible(sinkCase, next);
      }
    }
    if (!step.crash) continue;
    await sinkCase.kill();
    const { completed, checkpointId } = driver;
    parallelism = step.parallelism;
    driver = await SinkDriver.open(
      sinkCase.sink,
      { ports: sinkCase.ports(), parallelism, ...(completed === undefined ? {} : { restored: completed }) },
      checkpointId,
    );
    next = replayFrom;
    await expectVisible(sinkCase, next);
  }
  await driver.finish();
  await expectVisible(sinkCase, next);
  await sinkCase.dispose?.();
}

/** Of a sink that is exactly-once: the first `count` values, each once. At least once: none of them missing. */
async function expectVisible<T>(sinkCase: SinkCase<T>, count: number): Promise<void> {
  if (sinkCase.guarantee === "none") return;
  const visible = sorted(await sinkCase.visible());
  const expected = sorted(Array.from({ length: count }, (_, index) => sinkCase.valueOf(index)));
  if (sinkCase.guarantee === "exactly-once") expect(visible).toEqual(expected);
  else expect(expected.filter((value) => !visible.includes(value))).toEqual([]);
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}
