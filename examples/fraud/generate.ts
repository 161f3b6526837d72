import { json, kafka, kafkaSink } from "@millrace/kafka";
import { datagen, defineJob, params } from "millrace";
import { type Payment, paymentAt } from "./payments.ts";

/** Writes payments to a topic, exactly once itself: killed and started again it goes on where it was. */
export default defineJob(
  "payments",
  (env, { brokers, payments, count, ratePerSecond }) => {
    const cluster = kafka({ brokers: brokers.split(",") });
    env
      .from(datagen({ generate: paymentAt, count, ratePerSecond }), { uid: "generator" })
      .to(kafkaSink<Payment>(cluster, payments, { value: json(), key: (payment) => payment.card }), {
        uid: "topic",
      });
  },
  {
    parameters: {
      brokers: params.string({ default: "localhost:9092", description: "host:port, several with commas" }),
      payments: params.string({ default: "payments", description: "topic to write" }),
      count: params.number({ default: 200_000, description: "payments in all" }),
      ratePerSecond: params.number({ default: 5_000, description: "payments in a second" }),
    },
  },
);
