import { Kafka, logLevel } from "kafkajs";
import type { Input } from "./torture-job.ts";

const keys = 997;
const everyMs = 20;

/**
 * Writes records 0, 1, 2, … to a topic until it is stopped, with kafkajs's idempotent producer, one request at a time. A
 * broker that is away holds it up.
 */
export class Feeder {
  readonly #topic: string;
  readonly #perTick: number;
  readonly #kafka: Kafka;
  #sent = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(bootstrap: string, topic: string, recordsPerSecond: number) {
    this.#topic = topic;
    this.#perTick = Math.max(1, Math.round((recordsPerSecond * everyMs) / 1000));
    this.#kafka = new Kafka({ clientId: "feeder", brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 1_000, maxRetryTime: 500 } });
  }

  get sent(): number {
    return this.#sent;
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 1_000, maxRetryTime: 500 },
    });
    await producer.connect();
    while (!this.#stopped) {
      const messages = Array.from({ length: this.#perTick }, (_, n) => {
        const record: Input = { id: this.#sent + n, key: `key-${(this.#sent + n) % keys}` };
        return { key: record.key, value: JSON.stringify(record) };
      });
      await producer.send({ topic: this.#topic, acks: -1, messages });
      this.#sent += messages.length;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    await producer.disconnect();
  }

  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#running;
    return this.#sent;
  }
}
