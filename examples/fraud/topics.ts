/** `node topics.ts [brokers] [topic…]`: makes the topics of this example, or others. */
import { Kafka } from "kafkajs";

const [brokers = "localhost:9092", ...named] = process.argv.slice(2);
const admin = new Kafka({ brokers: brokers.split(",") }).admin();
await admin.connect();
const names = named.length > 0 ? named : ["payments", "alerts"];
// Waiting for leaders fails while the broker does not know the topics yet.
await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 4 })), waitForLeaders: false });
await admin.disconnect();
