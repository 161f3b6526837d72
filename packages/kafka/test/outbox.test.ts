import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { kafka } from "../src/index.ts";
import { Outbox } from "../src/sink/outbox.ts";
import { ProducerSession } from "../src/sink/producer-session.ts";
import { countOf, metadataAnswer, producedAnswer, scriptedBroker, silence, topicsAsked } from "./scripted-broker.ts";

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

test("a partition that stays without a leader keeps no other one waiting whose leader was found", async () => {
  const [notLeader, none] = [6, 0];
  let moved = false;
  const produced: number[] = [];
  const broker = scriptedBroker((request) => {
    if (request.apiName === "Metadata") return metadataAnswer(topicsAsked(request.body), moved ? [-1, 2] : [1, 1]);
    if (request.apiName !== "Produce") return undefined;
    const code = moved ? none : notLeader;
    moved = true;
    return producedAnswer(request, (partition) => {
      if (code === none) produced.push(partition);
      return code;
    });
  });
  const client = new KafkaClient(kafka({ brokers: ["scripted:9092"], transport: broker.create }), nodePorts);
  const outbox = new Outbox(client, { compression: "none", acks: -1, batchBytes: 1_000, bufferBytes: 10_000 });
  await outbox.load("t");
  const session = new ProducerSession(0, null, undefined);
  for (const partition of [0, 1]) outbox.append(session, "t", partition, 1, null, "x", undefined);
  await expect.poll(() => produced).toEqual([1]);
  // It is still being looked for.
  const looks = countOf(broker, "Metadata");
  await expect.poll(() => countOf(broker, "Metadata")).toBeGreaterThan(looks);
  outbox.close();
  await client.close();
});
