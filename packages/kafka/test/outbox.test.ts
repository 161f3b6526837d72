import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { kafka } from "../src/index.ts";
import { Outbox } from "../src/sink/outbox.ts";
import { ProducerSession } from "../src/sink/producer-session.ts";
import { scriptedBroker, silence } from "./scripted-broker.ts";

test("however many batches have arrived before, what waits is bounded: the writer is asked for a pause", async () => {
  let silent = false;
  const broker = scriptedBroker(({ apiName }) => (silent && apiName === "Produce" ? silence() : undefined));
  const client = new KafkaClient(kafka({ brokers: ["scripted:9092"], transport: broker.create }), nodePorts);
  const bufferBytes = 10_000;
  const outbox = new Outbox(client, { compression: "none", acks: -1, batchBytes: 512 << 10, bufferBytes });
  await outbox.load("t");
  const session = new ProducerSession(0, null, undefined);
  for (let n = 0; n < 300; n++) {
    outbox.append(session, "t", 0, 1, null, "x", undefined);
    await outbox.flush(session);
  }
  silent = true;
  const value = "x".repeat(1_000);
  let waiting = 0;
  while (outbox.room() === undefined && waiting < 10 * bufferBytes) {
    outbox.append(session, "t", 0, 1, null, value, undefined);
    waiting += value.length;
  }
  outbox.close();
  await client.close();
  expect(waiting).toBeGreaterThan(bufferBytes - 2 * value.length);
  expect(waiting).toBeLessThanOrEqual(bufferBytes);
});
