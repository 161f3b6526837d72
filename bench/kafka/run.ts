/** `pnpm bench:kafka`: Millrace beside other clients and Kafka Streams, on one real broker. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fetchJars, missingTool, startLocalBroker } from "@millrace/kafka/local-broker";
import { Kafka, logLevel } from "kafkajs";
import { someOf, whole } from "../option-values.ts";
import { orUsage } from "../usage.ts";
import { java, plainClient } from "./java.ts";
import { newTopics } from "./new-topics.ts";
import { commitEveryMs, type Ground, idlePercents, type Side, sidesOn } from "./sides.ts";

const parts = ["consume", "json", "produce", "through", "idle"] as const;
const usage = `pnpm bench:kafka [--records 2000000] [--rounds 3] [--partitions 4] [--only ${parts.join(",")}] [--side TEXT]

Values of 100 bytes, no compression, acks=all; keys only in "through", 10,000 of them. Broker and client share the machine. Each
figure is a process of its own, the sides take turns, and the median of the rounds is shown. --side keeps those whose name
contains the text. Jobs from topic to topic checkpoint, or commit, every ${commitEveryMs} ms.
Example: pnpm bench:kafka --only through --records 4000000 --side millrace`;

const { records, rounds, partitions, only, sideText } = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      records: { type: "string", default: "2000000" },
      rounds: { type: "string", default: "3" },
      partitions: { type: "string", default: "4" },
      only: { type: "string", default: parts.join(",") },
      side: { type: "string", default: "" },
    },
  });
  return {
    records: whole("--records", values.records),
    rounds: whole("--rounds", values.rounds),
    partitions: whole("--partitions", values.partitions),
    only: someOf("--only", values.only, parts),
    sideText: values.side,
  };
});
const missing = missingTool();
if (missing !== undefined) {
  console.error(`${missing} is not on the PATH; the bench needs Java 17, and Maven the first time`);
  process.exit(1);
}

const scratch = await mkdtemp(join(tmpdir(), "millrace-bench-kafka-"));
const broker = await startLocalBroker({ dataDirectory: join(scratch, "kafka"), quick: false, heap: "1g" });
const { bootstrap, libs } = broker;
const admin = new Kafka({ clientId: "bench", brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
await admin.connect();

let topics = 0;
async function newTopic(): Promise<string> {
  const topic = `bench-${topics++}`;
  await newTopics(admin, [topic], partitions);
  return topic;
}

/** What the topic holds: values alone, JSON, or values with keys. */
async function filled(what: "produce" | "produce-json" | "produce-keyed"): Promise<string> {
  const topic = await newTopic();
  await java(libs, [plainClient, bootstrap, what, topic, String(records), String(partitions), String(110 << 10)]);
  return topic;
}

async function race(title: string, sides: readonly Side[], topicFor: () => Promise<string>): Promise<void> {
  const figures = new Map(sides.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of sides) {
      const figure = await run(await topicFor());
      figures.get(name)?.push(figure);
      console.error(`${name}: ${Math.round(figure).toLocaleString("en")} /s`);
    }
  }
  const median = (name: string): number => (figures.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const others = sides.filter(({ name }) => !name.startsWith("millrace")).map(({ name }) => median(name));
  const best = Math.max(...others);
  console.log(`\n${title}: ${records} records, ${partitions} partitions, median of ${rounds}; ratios to the fastest other side`);
  for (const { name } of sides) {
    const all = (figures.get(name) ?? []).map((figure) => Math.round(figure / 1000)).join(", ");
    const rate = Math.round(median(name)).toLocaleString("en").padStart(12);
    console.log(`${name.padEnd(76)} ${rate} /s ${(median(name) / best).toFixed(2).padStart(6)}  (${all} k)`);
  }
}

const ground: Ground = { bootstrap, libs, streamsLibs: () => fetchJars({ streams: true }), records, partitions, scratch, newTopic };
const sides = sidesOn(ground);
for (const name of only) {
  if (name === "idle") {
    for (const [side, percent] of Object.entries(await idlePercents(ground))) console.log(`\nidle, ${side}: ${percent} % of a core`);
    continue;
  }
  const chosen = sides[name].filter((side) => side.name.includes(sideText));
  if (name === "produce") await race(name, chosen, newTopic);
  else {
    const topic = await filled(({ consume: "produce", json: "produce-json", through: "produce-keyed" } as const)[name]);
    await race(name, chosen, async () => topic);
  }
}
await admin.disconnect();
await broker.stop({ kill: true });
await rm(scratch, { recursive: true, force: true });
process.exit(0);
