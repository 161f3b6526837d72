import { nodePorts } from "@millrace/core/node";
import { describe, expect, test } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { type KafkaCluster, kafka } from "../src/index.ts";
import { addPartitions } from "../src/transactions/add-partitions.ts";
import { addPartitionsAnswer, countOf, scriptedBroker } from "./scripted-broker.ts";

const notAttempted = 55;

/** A coordinator that refuses topic "b" with the code, once or for ever, and so attempts none. */
function refusing(code: number, times = Number.POSITIVE_INFINITY) {
  let refused = 0;
  const broker = scriptedBroker((request) => {
    if (request.apiName !== "AddPartitionsToTxn" || refused++ >= times) return undefined;
    return addPartitionsAnswer(request, (topic) => (topic === "b" ? code : notAttempted));
  });
  return { broker, cluster: kafka({ brokers: ["scripted:9092"], transport: broker.create, unavailableMs: 500 }) };
}

const ofBoth = ["a", "b"].map((topic) => ({ topic, partition: 0 }));

async function adding(cluster: KafkaCluster): Promise<void> {
  const client = new KafkaClient(cluster, nodePorts);
  await addPartitions(client, "id", { producerId: 7n, epoch: 3 }, ofBoth).finally(() => client.close());
}

describe("of partitions that a coordinator does not add, the one that is the reason counts, not those that it has not attempted", () => {
  test("one that it does not know yet is asked for again", async () => {
    const { broker, cluster } = refusing(3, 1);
    await adding(cluster);
    expect(countOf(broker, "AddPartitionsToTxn")).toBe(2);
  });

  test("one that it never knows is named", async () => {
    await expect(adding(refusing(3).cluster)).rejects.toMatchObject({
      code: "KAFKA_UNREACHABLE",
      message: expect.stringContaining("b-0: UNKNOWN_TOPIC_OR_PARTITION (3)"),
    });
  });

  test("one that this user may not write to is named", async () => {
    await expect(adding(refusing(29).cluster)).rejects.toMatchObject({ code: "KAFKA_DENIED", message: expect.stringContaining("topic b") });
  });

  test("a writer that was fenced is told so", async () => {
    await expect(adding(refusing(90).cluster)).rejects.toMatchObject({ code: "KAFKA_FENCED" });
  });

  test("where there is no reason, that is what is said", async () => {
    await expect(adding(refusing(notAttempted).cluster)).rejects.toMatchObject({
      code: "KAFKA_PRODUCE",
      message: expect.stringContaining("OPERATION_NOT_ATTEMPTED (55)"),
    });
  });
});
