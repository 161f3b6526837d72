import { seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { sinkSuite } from "@millrace/testkit/suites";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { endTxnVersion } from "../src/transactions/transaction-calls.ts";
import { testBroker } from "./broker.ts";
import { FaultyNetwork } from "./faulty-transport.ts";
import { sinkCases } from "./sink-cases.ts";

vi.setConfig({ testTimeout: 300_000 });
fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 15_000 });
/** As clusters from before 4.0 are, and those that were upgraded without their features. */
const broker = process.env.KAFKA_BOOTSTRAP === undefined ? await testBroker({ features: { "transaction.version": 0 } }) : undefined;

describe.skipIf(broker === undefined)("the Kafka sink on a cluster with transactions of version 1", () => {
  const { makeCase } = sinkCases(broker as NonNullable<typeof broker>);
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);

  test("the version is told from the cluster's features", async () => {
    const client = new KafkaClient((broker as NonNullable<typeof broker>).cluster, nodePorts);
    expect(await endTxnVersion(client)).toBe(1);
    await client.close();
  });

  sinkSuite("kafka, exactly-once", () => makeCase({}, new FaultyNetwork()));

  describe(`over a network that loses answers (SEED=${seed})`, () => {
    sinkSuite("kafka, exactly-once", () => makeCase({}, new FaultyNetwork(() => (random.uint32() % 8 === 0 ? "loseAnswer" : "pass"))));
  });
});
