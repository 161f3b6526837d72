import { NO_TIMESTAMP } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { BatchBuilder, noProducer } from "../src/batch/batch-builder.ts";
import { readBatchHeader } from "../src/batch/batch-header.ts";
import { batchesOf, readable } from "../src/batch/record-set.ts";
import { type BadKafkaRecord, deadLetterSink, type KafkaSinkOptions, kafka, kafkaSink, text } from "../src/index.ts";
import { PartitionReading } from "../src/source/partition-reading.ts";
import { producedRecords, scriptedBroker } from "./scripted-broker.ts";

/** Event times of what is read of a batch with these timestamps. */
async function eventTimesOf(timestamps: readonly number[]): Promise<readonly number[]> {
  const builder = new BatchBuilder(64);
  for (const timestamp of timestamps) builder.append(timestamp, null, "x", undefined);
  const records = await builder.finish("none", noProducer);
  const place = { topic: "t", partition: 0 };
  const reading = new PartitionReading({ id: "t-0", topicId: "", offset: 0, stop: null, ...place }, text(), "fail");
  for (const batch of batchesOf(records, undefined, place)) reading.push(await readable(records, batch, place));
  const times: number[] = [];
  const collect = (_: string, __: string, timestamp: number): void => void times.push(timestamp);
  reading.deliver({ collect, side: () => undefined, splitFinished: () => undefined, stop: false }, timestamps.length);
  return times;
}

function writing() {
  const broker = scriptedBroker(() => undefined);
  const cluster = kafka({ brokers: ["scripted:9092"], transport: broker.create });
  const ports = { ...nodePorts, clock: { ...nodePorts.clock, now: () => 42_000 } };
  const timestamps = () =>
    broker.requests
      .filter(({ apiName }) => apiName === "Produce")
      .flatMap(producedRecords)
      .map((records) => readBatchHeader(records, 0, records.length).baseTimestamp);
  return { cluster, ports, timestamps };
}

test("a record without a timestamp is read as one without event time", async () => {
  expect(await eventTimesOf([-1, -1])).toEqual([NO_TIMESTAMP, NO_TIMESTAMP]);
  expect(await eventTimesOf([0, 1_000])).toEqual([0, 1_000]);
});

describe("a record is written", () => {
  async function written(timestamp: KafkaSinkOptions<string>["timestamp"], eventTime: number): Promise<readonly number[]> {
    const { cluster, ports, timestamps } = writing();
    const options: KafkaSinkOptions<string> = { value: text(), guarantee: "at-least-once", ...(timestamp === undefined ? {} : { timestamp }) };
    const driver = await SinkDriver.open(kafkaSink<string>(cluster, "t", options), { ports });
    await driver.write("x", 0, eventTime).finally(() => driver.prepare().then(() => driver.close()));
    return timestamps();
  }

  test("with its event time, with what the function gives, and with the clock where there is neither", async () => {
    expect(await written(undefined, 7)).toEqual([7]);
    expect(await written((_, eventTime) => eventTime + 1, 7)).toEqual([8]);
    expect(await written(undefined, NO_TIMESTAMP)).toEqual([42_000]);
    expect(await written((_, eventTime) => eventTime, NO_TIMESTAMP)).toEqual([42_000]);
  });

  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY])("not with a timestamp of %d, which is refused by name", async (timestamp) => {
    await expect(written(() => timestamp, 7)).rejects.toMatchObject({ code: "SINK_TIMESTAMP" });
  });

  test("as a dead letter with its own timestamp; with the clock if it had none", async () => {
    const { cluster, ports, timestamps } = writing();
    const driver = await SinkDriver.open(deadLetterSink(cluster, "dead", { guarantee: "at-least-once" }), { ports });
    const bad: BadKafkaRecord = { topic: "t", partition: 0, offset: 0, key: null, value: null, headers: [], timestamp: 5, message: "bad" };
    for (const timestamp of [5, -1]) {
      // What goes to a side output of a source has no event time.
      await driver.write({ ...bad, timestamp }, 0, NO_TIMESTAMP);
      await driver.prepare();
    }
    await driver.close();
    expect(timestamps()).toEqual([5, 42_000]);
  });
});
