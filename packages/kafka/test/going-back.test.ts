import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { json, kafkaSink } from "../src/index.ts";
import { testBroker } from "./broker.ts";
import { type Row, sinkCases } from "./sink-cases.ts";

const broker = await testBroker();

describe.skipIf(broker === undefined)("whoever goes back to another checkpoint, on a real broker,", () => {
  const { cluster, topic } = broker as NonNullable<typeof broker>;
  const { read } = sinkCases(broker as NonNullable<typeof broker>);
  const values = async (name: string) => (await read<Row>(name)).map(({ value }) => value?.n);

  /** A checkpoint that was complete and not committed; meanwhile the run has gone on from the one before it. */
  async function goneBackBehind(transactions: "open" | "writeAhead") {
    const name = await topic(1);
    const sink = kafkaSink<Row>(cluster, name, { value: json(), transactionalIdPrefix: `${name}-back`, transactions });
    const before = await SinkDriver.open(sink, { ports: nodePorts });
    await before.write({ n: 1 });
    const first = await before.prepare();
    before.complete(first);
    await before.commit(first);
    await before.write({ n: 2 });
    const second = await before.prepare();
    await before.close();
    const other = await SinkDriver.open(sink, { ports: nodePorts, restored: first }, 9);
    await other.write({ n: 3 });
    await other.finish();
    await expect.poll(() => values(name)).toEqual([1, 3]);
    return { name, sink, first, second };
  }

  test("does not take what was committed meanwhile for its output: a transaction is lost, and that is said", async () => {
    const { sink, second } = await goneBackBehind("open");
    await expect(SinkDriver.open(sink, { ports: nodePorts, restored: second }, 19)).rejects.toMatchObject({ code: "KAFKA_TRANSACTION_LOST" });
  });

  test("does not take what was committed meanwhile for its output: what was written ahead is written", async () => {
    const { name, sink, second } = await goneBackBehind("writeAhead");
    await (await SinkDriver.open(sink, { ports: nodePorts, restored: second }, 19)).close();
    await expect.poll(() => values(name)).toEqual([1, 3, 2]);
  });

  test.each(["open", "writeAhead"] as const)("finds what had been committed before (%s)", async (transactions) => {
    const { name, sink, first } = await goneBackBehind(transactions);
    await (await SinkDriver.open(sink, { ports: nodePorts, restored: first }, 19)).close();
    expect(await values(name)).toEqual([1, 3]);
  });

  test("two sinks of a job that are given one prefix do not take each other's markers for their own", async () => {
    const [one, two] = [await topic(1), await topic(1)];
    for (const name of [one, two]) {
      const sink = kafkaSink<Row>(cluster, name, { value: json(), transactionalIdPrefix: `${one}-both`, transactions: "writeAhead" });
      const driver = await SinkDriver.open(sink, { ports: nodePorts });
      await driver.write({ n: 1 });
      await driver.finish();
    }
    await expect.poll(() => values(one)).toEqual([1]);
    await expect.poll(() => values(two)).toEqual([1]);
  });
});
