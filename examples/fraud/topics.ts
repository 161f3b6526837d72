/** `node topics.ts [brokers] [topic…]`: makes the topics of this example, or others. */
import { Kafka } from "kafkajs";

const [brokers = "localhost:9092", ...named] = process.argv.slice(2);
const admin = new Kafka({ brokers: brokers.split(",") }).admin();
await admin.connect();
await admin.createTopics({ topics: (named.length > 0 ? named : ["payments", "alerts"]).map((topic) => ({ topic, numPartitions: 4 })) });
await admin.disconnect();
