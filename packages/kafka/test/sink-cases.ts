import type { Ports } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import type { SinkCase } from "@millrace/testkit/suites";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { json, type KafkaCluster, type KafkaRecord, type KafkaSinkOptions, kafka, kafkaSink, kafkaSource, records, text } from "../src/index.ts";
import { transactionsIn } from "../src/transactions/transaction-calls.ts";
import type { TestBroker } from "./broker.ts";
import type { FaultyNetwork } from "./faulty-transport.ts";

export interface Row {
  readonly n: number;
}

/** Time that stands still for a process that was killed. */
function mortalPorts(life: { readonly dead: boolean }): Ports {
  return {
    ...nodePorts,
    scheduler: {
      immediate: (task) => nodePorts.scheduler.immediate(() => !life.dead && task()),
      after: (delayMs, task) => nodePorts.scheduler.after(delayMs, () => !life.dead && task()),
    },
  };
}

/** Cases of the sinks' suite on a broker, each with a topic of its own: one that was given up may still be at work. */
export function sinkCases(broker: TestBroker) {
  let cases = 0;

  async function read<T>(name: string): Promise<readonly KafkaRecord<string, T>[]> {
    const source = kafkaSource(broker.cluster, name, records(text(), json<T>()), { stop: "latest" });
    const driver = await SourceDriver.open(source, { ports: nodePorts });
    const found = await driver.drain();
    await driver.close();
    return found.map(({ value }) => value);
  }

  /** Commits and aborts are decided before they are visible. */
  async function settled(client: KafkaClient, prefix: string): Promise<void> {
    for (;;) {
      const open = await transactionsIn(client, ["PrepareCommit", "PrepareAbort"]);
      if (!open.some(({ transactionalId }) => transactionalId.startsWith(prefix))) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async function makeCase(options: Partial<KafkaSinkOptions<Row>>, network: FaultyNetwork): Promise<SinkCase<Row>> {
    const name = await broker.topic(2);
    const prefix = `case-${cases++}`;
    const client = new KafkaClient(broker.cluster, nodePorts);
    let life = { dead: false };
    const faulty: KafkaCluster = kafka({ brokers: [broker.bootstrap], transport: network.create });
    const sink = kafkaSink<Row>(faulty, name, {
      value: json(),
      key: ({ n }) => String(n),
      transactionalIdPrefix: prefix,
      markerTopic: `${name}-markers-${prefix}`,
      ...options,
    });
    return {
      guarantee: sink.guarantee,
      sink,
      ports: () => mortalPorts(life),
      async kill() {
        life.dead = true;
        network.kill();
        life = { dead: false };
      },
      async visible() {
        await settled(client, prefix);
        return (await read<Row>(name)).map(({ value }) => value as Row);
      },
      valueOf: (n) => ({ n }),
      dispose: () => client.close(),
    };
  }

  return { makeCase, read };
}
