import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { LeaderSearch } from "../src/client/leader-search.ts";
import { kafka } from "../src/index.ts";
import { metadataAnswer, type Script, scriptedBroker, topicsAsked } from "./scripted-broker.ts";

const unknownTopic = 3;
const topics = Array.from({ length: 20 }, (_, index) => `t${index}`);

/** Looks for all of them. Resolves with those that were found, or rejects with what the search failed with. */
async function searching(metadata: Script): Promise<readonly string[]> {
  const broker = scriptedBroker((request) => (request.apiName === "Metadata" ? metadata(request) : undefined));
  const client = new KafkaClient(kafka({ brokers: ["scripted:9092"], transport: broker.create }), nodePorts);
  const lost = new Set(topics);
  const found: string[] = [];
  const end = Promise.withResolvers<void>();
  const search = new LeaderSearch(client, {
    what: "them",
    lost: () => [...lost],
    found: ({ name }) => {
      if (lost.delete(name)) found.push(name);
    },
    failed: (error) => end.reject(error),
    ended: () => end.resolve(),
  });
  search.begin();
  await end.promise.finally(() => client.close());
  return found;
}

test("a broker that has just started, and knows no topic yet, is not believed that all of them are gone", async () => {
  let looks = 0;
  const found = await searching(({ body }) => (looks++ < 2 ? metadataAnswer(topicsAsked(body), [1], () => unknownTopic) : undefined));
  expect(found).toEqual(topics);
});

test("a topic that stays away is missing, however many others are there", async () => {
  const search = searching(({ body }) => metadataAnswer(topicsAsked(body), [1], (topic) => (topic === "t19" ? unknownTopic : 0)));
  await expect(search).rejects.toMatchObject({ code: "KAFKA_TOPIC_MISSING", message: expect.stringContaining("t19") });
});
