import { json, kafka, kafkaSink, kafkaSource } from "@millrace/kafka";
import { type Collector, defineJob, params, state, t } from "millrace";

export interface Input {
  readonly id: number;
  readonly key: string;
}

export interface Output extends Input {
  /** The how manyeth of its key it is, from 1. */
  readonly count: number;
}

/** Counts records by key, from topic to topic, exactly once. Each record in gives one out. */
export default defineJob(
  "kafka-torture",
  (env, { bootstrap, input, out, transactionTimeoutMs, transactions }) => {
    const cluster = kafka({ brokers: [bootstrap] });
    env
      .from(kafkaSource(cluster, input, json<Input>(), { groupId: "kafka-torture" }), { uid: "input" })
      .keyBy((record) => record.key)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          processElement({ id, key }, { state: { seen } }, results: Collector<Output>) {
            const count = (seen.value() ?? 0) + 1;
            seen.update(count);
            results.collect({ id, key, count });
          },
        },
        { uid: "count" },
      )
      .to(
        kafkaSink<Output>(cluster, out, {
          value: json(),
          key: ({ key }) => key,
          transactions: transactions === "writeAhead" ? "writeAhead" : "open",
          restartMs: 1_000,
          ...(transactionTimeoutMs > 0 ? { transactionTimeoutMs } : {}),
        }),
        { uid: "output" },
      );
  },
  {
    parameters: {
      bootstrap: params.string({ description: "a broker, host:port" }),
      input: params.string({ description: "topic to read" }),
      out: params.string({ description: "topic to write" }),
      transactionTimeoutMs: params.number({ default: 0, description: "0: as long as the broker allows" }),
      transactions: params.string({ default: "open", description: "open or writeAhead" }),
    },
  },
);
