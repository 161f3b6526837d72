import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { sourceSuite } from "@millrace/testkit/suites";
import { expect, test } from "vitest";
import { ManualTime } from "../../test/manual-time.ts";
import { datagen } from "./datagen.ts";

sourceSuite("datagen", async () => ({
  source: datagen({ count: 23, generate: (n) => n * n }),
  ports: nodePorts,
  expected: Array.from({ length: 23 }, (_, n) => n * n),
}));

test("a rate is kept by the clock over all splits together", async () => {
  const time = new ManualTime();
  const ports = { ...nodePorts, clock: time, scheduler: time };
  const driver = await SourceDriver.open(datagen({ count: 100, generate: (n) => n, ratePerSecond: 10 }), { ports, parallelism: 2 });
  const reading = driver.drain();
  for (const [ms, records] of [
    [1000, 10],
    [500, 14],
    [8500, 100],
  ] as const) {
    await settled();
    time.advance(ms);
    await settled();
    expect(driver.records.length).toBe(records);
  }
  await reading;
});

test("without a count it is unbounded and goes on for ever", async () => {
  const source = datagen({ generate: (n) => n });
  const driver = await SourceDriver.open(source, { ports: nodePorts });
  expect(source.boundedness).toBe("unbounded");
  expect(await driver.take(5_000)).toBe(true);
  expect(driver.records.at(-1)?.value).toBe(4_999);
});

test("senseless options are refused", () => {
  expect(() => datagen({ generate: (n) => n, count: -1 })).toThrow("count must be a whole number");
  expect(() => datagen({ generate: (n) => n, ratePerSecond: 0 })).toThrow("ratePerSecond must be above 0");
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
