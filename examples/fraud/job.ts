import { json, kafka, kafkaSink, kafkaSource } from "@millrace/kafka";
import { type Collector, defineJob, params, state, t } from "millrace";
import type { Payment } from "./payments.ts";
import { type Alert, assess, nothingKnown } from "./rules.ts";

const features = t.object({ payments: t.integer(), cents: t.integer(), recent: t.array(t.integer()), country: t.string(), at: t.integer() });

/** Payments of a topic, features by card, rules on them, alerts to another topic: each alert once, whatever is killed. */
export default defineJob(
  "fraud",
  (env, { brokers, payments, alerts, untilNow }) => {
    const cluster = kafka({ brokers: brokers.split(",") });
    env
      .from(kafkaSource(cluster, payments, json<Payment>(), { groupId: "fraud", stop: untilNow ? "latest" : undefined }), { uid: "payments" })
      .keyBy((payment) => payment.card)
      .process(
        {
          state: { known: state.value(features) },
          processElement(payment, { state: { known } }, out: Collector<Alert>) {
            const assessed = assess(known.value() ?? nothingKnown, payment);
            known.update({ ...assessed.features, recent: [...assessed.features.recent] });
            for (const alert of assessed.alerts) out.collect(alert);
          },
        },
        { uid: "rules" },
      )
      .to(kafkaSink<Alert>(cluster, alerts, { value: json(), key: (alert) => alert.card }), { uid: "alerts" });
  },
  {
    parameters: {
      brokers: params.string({ default: "localhost:9092", description: "host:port, several with commas" }),
      payments: params.string({ default: "payments", description: "topic to read" }),
      alerts: params.string({ default: "alerts", description: "topic to write" }),
      untilNow: params.boolean({ default: false, description: "end with what the topic holds at the start" }),
    },
  },
);
