import type { Admin, ITopicConfig } from "kafkajs";

/** Makes topics, and waits until every partition has a leader. kafkajs waits too, but fails while the broker does not know them yet. */
export async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ topics, waitForLeaders: false });
  for (const { topic } of topics) await known(admin, topic);
}

/** Resolves when this client has heard of a leader for every partition. */
export async function known(admin: Admin, topic: string): Promise<void> {
  while (!(await isLed(admin, topic))) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function isLed(admin: Admin, topic: string): Promise<boolean> {
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
  return metadata?.topics[0]?.partitions.every(({ leader }) => leader >= 0) === true;
}
