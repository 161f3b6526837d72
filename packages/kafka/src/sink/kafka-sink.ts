import type { Sink, SinkContext } from "@millrace/contracts";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { TransactionCommitter } from "../transactions/commit-transactions.ts";
import { maxTransactionTimeout } from "../transactions/transaction-calls.ts";
import { transactionTimeout } from "../transactions/transaction-timeout.ts";
import { defaultPrefix, formerPrefix } from "../transactions/transactional-ids.ts";
import { checkSinkOptions, type KafkaSinkOptions } from "./options.ts";
import type { OutboxOptions } from "./outbox.ts";
import { PlainWriter } from "./plain-writer.ts";
import { TransactionalWriter, type TransactionOptions } from "./transactional-writer.ts";
import { WriteAheadWriter } from "./write-ahead-writer.ts";
import type { WriterSetup } from "./writer-setup.ts";

/**
 * Writes to a topic, or to the topic that a function names. exactly-once (the default): records travel in transactions
 * that are committed with the job's checkpoints, so that readers with isolation.level=read_committed see each result
 * once. Before anything runs it is checked that the brokers' transaction timeout covers the checkpoint interval and a
 * restart (KAFKA_TRANSACTION_TIMEOUT).
 *
 *     kafkaSink(cluster, "alerts", { value: json<Alert>(), key: (alert) => alert.card })
 */
export function kafkaSink<T>(cluster: KafkaCluster, topic: string | ((value: T) => string), options: KafkaSinkOptions<T>): Sink<T> {
  checkSinkOptions(topic, options);
  const { guarantee = "exactly-once", transactions = "open", compression = "none", batchBytes = 512 << 10, bufferBytes = 32 << 20 } = options;
  const outbox: OutboxOptions = { compression, batchBytes, bufferBytes, acks: guarantee === "none" ? 1 : -1 };
  const common = {
    name: "kafka",
    guarantee,
    description: {
      brokers: [...cluster.brokers],
      topic: typeof topic === "string" ? topic : null,
      format: options.value.description,
      compression,
      transactions: guarantee === "exactly-once" ? transactions : null,
    },
  };
  const setup = (context: SinkContext): WriterSetup<T> => ({ context, cluster, topic, options, outbox });
  if (guarantee !== "exactly-once") return { ...common, createWriter: (context) => new PlainWriter(setup(context)) };
  const transactionOptions = (context: SinkContext): TransactionOptions => ({
    prefix: options.transactionalIdPrefix ?? defaultPrefix(context),
    markerTopic: options.markerTopic ?? "millrace-markers",
    timeoutMs: async (client) =>
      transactionTimeout({
        wantedMs: options.transactionTimeoutMs,
        brokerMaxMs: await maxTransactionTimeout(client),
        // Of records that are written ahead no transaction outlives a commit.
        checkpointIntervalMs: transactions === "open" ? context.checkpointIntervalMs : undefined,
        restartMs: options.restartMs ?? 60_000,
      }),
  });
  const { transactionalIdPrefix } = options;
  return {
    ...common,
    ...(transactionalIdPrefix !== undefined && { place: `transactional ids ${transactionalIdPrefix} at ${cluster.brokers.toSorted().join(",")}` }),
    async prepareRun(context) {
      const client = new KafkaClient(cluster, context.ports);
      try {
        await transactionOptions(context).timeoutMs(client);
        if (typeof topic === "string") await client.topics([topic]);
      } finally {
        await client.close();
      }
    },
    createWriter: (context) =>
      transactions === "open"
        ? new TransactionalWriter(setup(context), transactionOptions(context))
        : new WriteAheadWriter(setup(context), transactionOptions(context)),
    createCommitter(context) {
      const goesOn = context.resumed || (context.ancestorRunIds ?? []).length > 0;
      const former = goesOn && transactions === "open" && options.transactionalIdPrefix === undefined;
      const { timeoutMs } = transactionOptions(context);
      return new TransactionCommitter(
        new KafkaClient(cluster, context.ports),
        context.acceptLoss,
        former ? { prefix: formerPrefix(context), timeoutMs } : undefined,
      );
    },
  };
}
