import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { committedOffsets } from "../src/client/partition-offsets.ts";
import { kafka } from "../src/index.ts";
import { countOf, offsetFetchAnswer, scriptedBroker } from "./scripted-broker.ts";

/** Asks a coordinator that answers with these codes, and with none the second time. */
async function asking(partitionCode: number, groupCode: number) {
  let asked = 0;
  const broker = scriptedBroker(({ apiName }) => {
    if (apiName !== "OffsetFetch") return undefined;
    return asked++ === 0 ? offsetFetchAnswer("t", partitionCode, groupCode) : offsetFetchAnswer("t", 0, 0);
  });
  const client = new KafkaClient(kafka({ brokers: ["scripted:9092"], transport: broker.create }), nodePorts);
  const found = await committedOffsets(client, "g", [{ topic: "t", partition: 0 }]).finally(() => client.close());
  return { found, asked: countOf(broker, "OffsetFetch") };
}

test("a group that has committed nothing has committed nothing", async () => {
  expect(await asking(0, 0)).toEqual({ found: new Map(), asked: 1 });
});

test.each([
  ["of the group", 0, 14],
  ["of a partition", 3, 0],
])("an answer %s that may pass is asked for again", async (_, partitionCode, groupCode) => {
  expect(await asking(partitionCode, groupCode)).toEqual({ found: new Map(), asked: 2 });
});

test.each([
  ["of the group", 0, -1, "KAFKA_OFFSETS", "UNKNOWN_SERVER_ERROR (-1)"],
  ["of a partition", -1, 0, "KAFKA_OFFSETS", "t-0: UNKNOWN_SERVER_ERROR (-1)"],
  ["of a group that may not be read", 0, 30, "KAFKA_DENIED", "group g"],
  ["of a topic that may not be read", 29, 0, "KAFKA_DENIED", "topic t"],
])("any other answer %s is an error, not a group that has committed nothing", async (_, partitionCode, groupCode, code, message) => {
  await expect(asking(partitionCode, groupCode)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});
