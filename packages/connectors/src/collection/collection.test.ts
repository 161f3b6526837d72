import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { sourceSuite } from "@millrace/testkit/suites";
import { expect, test } from "vitest";
import { collection } from "./collection.ts";

const values = Array.from({ length: 20 }, (_, index) => ({ index }));

sourceSuite("collection", async () => ({ source: collection(values), ports: nodePorts, expected: values }));

test("an empty collection ends at once", async () => {
  const driver = await SourceDriver.open(collection([]), { ports: nodePorts });
  expect(await driver.drain()).toEqual([]);
});

test("the order is that of the array, and timestamps come from timestampOf", async () => {
  const driver = await SourceDriver.open(collection(["a", "bb"], { timestampOf: (text) => text.length }), { ports: nodePorts, parallelism: 2 });
  await driver.drain();
  expect(driver.records.map(({ value, timestamp }) => [value, timestamp])).toEqual([
    ["a", 1],
    ["bb", 2],
  ]);
});
