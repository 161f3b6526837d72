import { nodePorts } from "@millrace/core/node";
import { SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test, vi } from "vitest";
import { avro } from "../../src/formats/registry/index.ts";
import type { BadKafkaRecord } from "../../src/index.ts";
import { deadLetterSink, kafkaSink, kafkaSource, type RecordView, records, text } from "../../src/index.ts";
import { testBroker } from "../broker.ts";
import { elsewhere, registry, url } from "./real-registry.ts";

vi.setConfig({ testTimeout: 60_000 });

const broker = await testBroker();
const onPorts = { ports: nodePorts };

describe.skipIf(url === undefined)("formats with a real schema registry", () => {
  test.skipIf(broker === undefined)(
    "from topic to topic: keys and values with schemas, bad records to a dead-letter topic with the reason",
    async () => {
      const { cluster, topic, producer } = broker as NonNullable<typeof broker>;
      const [input, dead] = [await topic(1), await topic(1)];
      const cards = avro<string>(registry, { schema: "string", part: "key" });
      const payments = avro<{ cents: number }>(registry, {
        schema: { type: "record", name: "P", fields: [{ name: "cents", type: "int" }] },
      });
      const sink = kafkaSink<{ cents: number }>(cluster, input, {
        value: payments,
        key: (_, to) => cards.serialize("card", to),
        guarantee: "at-least-once",
      });
      const writer = await SinkDriver.open(sink, onPorts);
      await writer.writeAll([{ cents: 1 }, { cents: 2 }]);
      await writer.finish();
      const other = await producer();
      await other.send({ topic: input, messages: [{ key: "k", value: "{oops", headers: { trace: ["s", "t"] }, timestamp: "77" }] });
      const source = kafkaSource(cluster, input, records(cards, avro<{ cents: number }>(elsewhere())), {
        stop: "latest",
        onError: { sideOutput: "bad" },
      });
      const reader = await SourceDriver.open(source, onPorts);
      expect((await reader.drain()).map(({ value }) => [value.key, value.value])).toEqual([
        ["card", { cents: 1 }],
        ["card", { cents: 2 }],
      ]);
      await reader.close();
      const letters = await SinkDriver.open(deadLetterSink(cluster, dead, { transactionalIdPrefix: dead }), onPorts);
      for (const { value } of reader.sideRecords) await letters.write(value as BadKafkaRecord);
      await letters.finish();
      const readDead = async () => {
        const driver = await SourceDriver.open(kafkaSource(cluster, dead, wholeRecord, { stop: "latest" }), onPorts);
        const found = (await driver.drain()).map(({ value }) => value);
        await driver.close();
        return found;
      };
      await expect.poll(readDead, { timeout: 10_000 }).toEqual([
        {
          key: "k",
          value: "{oops",
          timestamp: 77,
          headers: [
            ["trace", "s"],
            ["trace", "t"],
            ["millrace.error.message", expect.stringContaining("schema id")],
            ["millrace.error.topic", input],
            ["millrace.error.partition", "0"],
            ["millrace.error.offset", "2"],
          ],
        },
      ]);
    },
  );
});

const wholeRecord = {
  description: null,
  deserialize(record: RecordView) {
    const { key, value, timestamp } = records(text(), text()).deserialize(record);
    return { key, value, timestamp, headers: record.headerList().map(([name, bytes]) => [name, bytes?.toString()]) };
  },
};
