import { nodePorts } from "@millrace/core/node";
import { type SinkCheckpoint, SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { kafka, kafkaSink, text } from "../src/index.ts";
import { ByteReader } from "../src/protocol/byte-reader.ts";
import type { TransactionCommittable } from "../src/transactions/committable.ts";
import { listTransactionsAnswer, type ScriptedBroker, scriptedBroker } from "./scripted-broker.ts";

/** A sink of a cluster in which transactions of these ids are open. */
function sinkBeside(open: readonly string[], options: { readonly transactionalIdPrefix?: string } = {}) {
  const broker = scriptedBroker(({ apiName }) => (apiName === "ListTransactions" ? listTransactionsAnswer(open) : undefined));
  const cluster = kafka({ brokers: ["scripted:9092"], transport: broker.create });
  return { broker, sink: kafkaSink<string>(cluster, "t", { value: text(), ...options }) };
}

/** Transactional ids that requests of that name were about. */
function idsOf({ requests }: ScriptedBroker, name: string): readonly string[] {
  return requests.filter(({ apiName }) => apiName === name).map(({ body }) => new ByteReader(body).string());
}

test("two sinks have no transactional id in common, however their jobs and uids are called", async () => {
  const idsFor = async (jobName: string, uid: string): Promise<readonly string[]> => {
    const { broker, sink } = sinkBeside([]);
    const of = { jobName, uid, runId: "r", subtask: 0, parallelism: 1 };
    const writer = sink.createWriter({ ports: nodePorts, ...of, resumed: false, overwrite: false, checkpointIntervalMs: 10_000 });
    await writer.open([]);
    await writer.close();
    return idsOf(broker, "InitProducerId");
  };
  const [first, second] = [await idsFor("orders", "eu-out"), await idsFor("orders-eu", "out")];
  expect(first).not.toEqual([]);
  expect(first.filter((id) => second.includes(id))).toEqual([]);
});

describe("a run that goes on from a checkpoint of before ids had a slash", () => {
  const prepared: TransactionCommittable = {
    ...{ kind: "transaction", transactionalId: "millrace-job-sink-0-1", producerId: "7", epoch: 3, endTxnVersion: 1 },
    ...{ writer: "millrace-job-sink/run1/0", checkpointId: 1, markerTopic: "millrace-markers", offsets: [] },
  };
  const before: SinkCheckpoint = { committables: [prepared], states: [[]] };
  const open = ["millrace-job-sink-0-0", "millrace-job-sink-3-1", "millrace-job-sink-2-0-0", "millrace-job-other-0-0"];
  const former = ["millrace-job-sink-0-0", "millrace-job-sink-3-1"];

  test("commits what was prepared, and aborts what was left open, under the old ids", async () => {
    const { broker, sink } = sinkBeside(open);
    const driver = await SinkDriver.open(sink, { ports: nodePorts, restored: before });
    expect(idsOf(broker, "EndTxn")).toEqual(["millrace-job-sink-0-1"]);
    expect(idsOf(broker, "InitProducerId").slice(0, 2).sort()).toEqual(former);
    expect(idsOf(broker, "InitProducerId").slice(2)).toEqual(["millrace-job/sink-0-0", "millrace-job/sink-0-1"]);
    const checkpoint = await driver.prepare();
    await driver.close();
    // From its own checkpoints on it leaves such ids alone: they are another job's.
    const later = sinkBeside(open);
    await (await SinkDriver.open(later.sink, { ports: nodePorts, restored: checkpoint })).close();
    expect(idsOf(later.broker, "InitProducerId")).toEqual(["millrace-job/sink-0-0", "millrace-job/sink-0-1"]);
  });

  test("leaves them alone when it begins anew, or has a prefix of its own", async () => {
    for (const [options, restored] of [[{}, undefined] as const, [{ transactionalIdPrefix: "own" }, before] as const]) {
      const { broker, sink } = sinkBeside(open, options);
      const driver = await SinkDriver.open(sink, { ports: nodePorts, ...(restored === undefined ? {} : { restored }) });
      await driver.close();
      expect(idsOf(broker, "InitProducerId").filter((id) => former.includes(id))).toEqual([]);
    }
  });
});
