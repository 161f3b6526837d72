/**
 * `pnpm torture:kafka --rounds 100`: kills a job from topic to topic with SIGKILL, at random and at chosen moments, kills its
 * broker now and then, and has Kafka's own Java client count the results. A round is one kill. Exit code 1 on any lost,
 * doubled or disordered record.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "@millrace/core";
import { type LocalBroker, missingTool, startLocalBroker } from "@millrace/kafka/local-broker";
import { Kafka, logLevel } from "kafkajs";
import { duration, oneOf, whole } from "../../bench/option-values.ts";
import { orUsage } from "../../bench/usage.ts";
import { createTopics } from "../../packages/kafka/test/create-topics.ts";
import { readWithJava } from "../../packages/kafka/test/java-reader.ts";
import { aimAt } from "../torture/moments.ts";
import { exitOf, startVictim, type Target } from "../torture/victim.ts";
import { Feeder } from "./feeder.ts";
import { judge } from "./judge.ts";
import { timedOutTransactions } from "./timed-out.ts";

const usage = `pnpm torture:kafka [--rounds 100] [--seed N] [--interval 200ms] [--parallelism 2] [--rate 2000] [--transactions open|writeAhead] [--broker-every 10] [--timed-out] [--keep]

Kills a job that counts by key from topic to topic, on a real broker, while records come in at --rate a second; every
--broker-every rounds the broker is killed and started again. Then Kafka's Java client (read_committed) reads the
results. --timed-out shows instead what happens when a prepared transaction times out while the job is down.
--keep leaves the broker running with its topics. Ends with 0 when nothing was lost, doubled or out of order, 1 when something
was or a tool is missing, 2 when the command cannot be run. Example: pnpm torture:kafka --rounds 20 --seed 7 --keep`;

const options = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "100" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      interval: { type: "string", default: "200ms" },
      parallelism: { type: "string", default: "2" },
      rate: { type: "string", default: "2000" },
      transactions: { type: "string", default: "open" },
      "broker-every": { type: "string", default: "10" },
      "timed-out": { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  return {
    rounds: whole("--rounds", values.rounds),
    seed: whole("--seed", values.seed, 0),
    interval: duration("--interval", values.interval),
    parallelism: String(whole("--parallelism", values.parallelism)),
    rate: whole("--rate", values.rate),
    transactions: oneOf("--transactions", values.transactions, ["open", "writeAhead"]),
    brokerEvery: whole("--broker-every", values["broker-every"]),
    timedOut: values["timed-out"],
    keep: values.keep,
  };
});
const missing = missingTool();
if (missing !== undefined) {
  console.error(`${missing} is not on the PATH; this needs Java 17, and Maven the first time`);
  process.exit(1);
}

const base = await mkdtemp(join(tmpdir(), "millrace-torture-kafka-"));
const brokerOptions = { dataDirectory: join(base, "kafka"), quick: false };
let broker: LocalBroker = await startLocalBroker(brokerOptions);
const admin = new Kafka({ clientId: "torture", brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
await admin.connect();
await createTopics(
  admin,
  ["input", "output"].map((topic) => ({ topic, numPartitions: 4 })),
);
await admin.disconnect();
const good = options.timedOut ? await timedOutTransactions(broker, base) : await rounds(options.rounds);
await end(good);

async function rounds(count: number): Promise<boolean> {
  const source = seededRandom(options.seed);
  const random = () => source.uint32() / 2 ** 32;
  const feeder = new Feeder(broker.bootstrap, "input", options.rate);
  feeder.start();
  const target: Target = {
    name: "kafka",
    job: "scripts/kafka/torture-job.ts",
    parameters: { bootstrap: broker.bootstrap, input: "input", transactions: options.transactions },
  };
  const place = { stateDirectory: join(base, "state"), out: "output", log: join(base, "job.log") };
  await mkdir(place.stateDirectory, { recursive: true });
  const flags = ["--checkpoint-interval", options.interval, "--parallelism", options.parallelism];
  const kills = { anywhere: 0, restore: 0, checkpoint: 0, commit: 0 };
  const moments = Object.keys(kills) as (keyof typeof kills)[];
  let brokerKills = 0;
  console.log(
    `torture:kafka: seed ${options.seed}, ${count} rounds, checkpoints every ${options.interval}, parallelism ${options.parallelism}, transactions ${options.transactions}, log ${place.log}`,
  );
  for (let round = 1; round <= count; round++) {
    const child = startVictim(target, place, flags);
    const exited = exitOf(child);
    const moment = moments[Math.floor(random() * moments.length)] as keyof typeof kills;
    const aim = aimAt(moment, place.stateDirectory, random, 2_500);
    const first = await Promise.race([exited, aim.reached.then(() => undefined)]);
    aim.cancel();
    if (first !== undefined) throw new Error(`the job ended by itself with code ${first.code} in round ${round}; see ${place.log}`);
    child.kill("SIGKILL");
    await exited;
    kills[moment]++;
    if (round % options.brokerEvery === 0) {
      await broker.stop({ kill: true });
      broker = await startLocalBroker(brokerOptions);
      brokerKills++;
    }
    if (round % 10 === 0) console.log(`round ${round}: ${feeder.sent} records sent, ${brokerKills} kills of the broker`);
  }
  const sent = await feeder.stop();
  const judged = await settle(target, place, flags, sent);
  const killed = Object.entries(kills).map(([moment, times]) => `${times} ${moment}`);
  console.log(
    `torture:kafka: ${count} rounds, ${count} kills of the job (${killed.join(", ")}), ${brokerKills} of the broker; ${judged.expected} records expected, ${judged.lost} lost, ${judged.doubled} doubled, ${judged.outOfOrder} keys out of order`,
  );
  return judged.lost === 0 && judged.doubled === 0 && judged.outOfOrder === 0;
}

/** Lets the job run undisturbed until it has caught up, stops it, and reads what it has written. */
async function settle(target: Target, place: { stateDirectory: string; out: string; log: string }, flags: readonly string[], sent: number) {
  const child = startVictim(target, place, flags);
  const exited = exitOf(child);
  const deadline = performance.now() + 120_000;
  let judged = judge([], sent);
  while (performance.now() < deadline) {
    judged = judge(await readWithJava(broker.libs, broker.bootstrap, "output"), sent);
    if (judged.lost === 0) break;
  }
  child.kill("SIGTERM");
  await exited;
  return judged;
}

async function end(good: boolean): Promise<void> {
  if (options.keep) {
    console.log(
      `kept: broker ${broker.bootstrap}, topics input and output (results: JSON with an integer id from 0, each once); Ctrl-C stops it; ${base}`,
    );
    process.once("SIGINT", () => broker.stop({}).then(() => process.exit(good ? 0 : 1)));
    setInterval(() => undefined, 2 ** 30);
    return;
  }
  await broker.stop({ kill: true });
  if (good) await rm(base, { recursive: true });
  else console.log(`kept: ${base}`);
  process.exit(good ? 0 : 1);
}
