import type { Admin } from "kafkajs";

/** Makes topics, and gives the broker a moment: kafkajs fails when it waits for leaders while the broker does not know a topic yet. */
export async function newTopics(admin: Admin, names: readonly string[], partitions: number): Promise<void> {
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: partitions })), waitForLeaders: false });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
