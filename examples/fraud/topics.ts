/** `node topics.ts [brokers]`: makes the topics of this example. */
import { Kafka } from "kafkajs";

const admin = new Kafka({ brokers: (process.argv[2] ?? "localhost:9092").split(",") }).admin();
await admin.connect();
await admin.createTopics({ topics: ["payments", "alerts"].map((topic) => ({ topic, numPartitions: 4 })) });
await admin.disconnect();
