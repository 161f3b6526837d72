/** The oracle: `node check.ts [brokers] [alerts]` applies the rules to all payments in a plain loop, and compares with the alerts of a topic. */
import { json, kafka, kafkaSource } from "@millrace/kafka";
import { collect, defineJob, startJob } from "millrace";
import type { Payment } from "./payments.ts";
import { type Alert, assess, type Features, nothingKnown } from "./rules.ts";

const [brokers = "localhost:9092", alerts = "alerts"] = process.argv.slice(2);
const cluster = kafka({ brokers: brokers.split(",") });

async function all<T>(topic: string): Promise<readonly T[]> {
  const found = collect<T>();
  const job = defineJob(`read-${topic}`, (env) => {
    env.from(kafkaSource(cluster, topic, json<T>(), { stop: "latest" }), { uid: "in" }).to(found, { uid: "out" });
  });
  await (await startJob(job, { ephemeral: true })).finished;
  return found.values;
}

const known = new Map<string, Features>();
const expected = new Set<string>();
const payments = await all<Payment>("payments");
for (const payment of payments) {
  const { features, alerts } = assess(known.get(payment.card) ?? nothingKnown, payment);
  known.set(payment.card, features);
  for (const { id } of alerts) expected.add(id);
}
const seen = new Map<string, number>();
for (const { id } of await all<Alert>(alerts)) seen.set(id, (seen.get(id) ?? 0) + 1);
const lost = [...expected].filter((id) => !seen.has(id));
const doubled = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
const strange = [...seen.keys()].filter((id) => !expected.has(id));
console.log(`${payments.length} payments, ${expected.size} alerts expected: ${lost.length} lost, ${doubled} doubled, ${strange.length} unexpected`);
process.exitCode = lost.length + doubled + strange.length === 0 ? 0 : 1;
