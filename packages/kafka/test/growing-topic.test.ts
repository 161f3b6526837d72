import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { expect, test } from "vitest";
import { type KafkaSinkOptions, kafka, kafkaSink, text } from "../src/index.ts";
import { metadataAnswer, scriptedBroker, topicsAsked } from "./scripted-broker.ts";

test.each<Partial<KafkaSinkOptions<string>>>([{ guarantee: "at-least-once" }, { transactions: "open" }, { transactions: "writeAhead" }])(
  "a topic that is given more partitions is written to in all of them, without a restart: %o",
  async (options) => {
    let leaders = [1];
    let now = 0;
    const partitions: number[] = [];
    const broker = scriptedBroker(({ apiName, body }) => (apiName === "Metadata" ? metadataAnswer(topicsAsked(body), leaders) : undefined));
    const sink = kafkaSink<string>(kafka({ brokers: ["scripted:9092"], transport: broker.create }), "t", {
      ...options,
      value: text(),
      partition: (_, count) => {
        partitions.push(count);
        return count - 1;
      },
    });
    const driver = await SinkDriver.open(sink, { ports: { ...nodePorts, clock: { ...nodePorts.clock, monotonic: () => now } } });
    await driver.write("x");
    await driver.checkpoint();
    expect(partitions).toEqual([1]);
    leaders = [1, 1];
    now += 90_000;
    await expect
      .poll(async () => {
        await driver.write("y");
        await driver.checkpoint();
        return partitions.at(-1);
      })
      .toBe(2);
    await driver.close();
  },
);
