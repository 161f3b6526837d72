import type { TopicMetadata } from "../protocol/cluster-apis.ts";
import { errorCodes, isDenied } from "../protocol/error-codes.ts";
import { denied, type KafkaClient, topicMissing } from "./kafka-client.ts";
import { Passing } from "./retry.ts";

/** Whose partitions are looked for. */
export interface LeaderSeeker {
  /** Completes "Kafka can't name the leaders of …". */
  readonly what: string;
  /** Topics of the partitions that have no leader. */
  lost(): readonly string[];
  /** What the cluster says of a topic that is there. */
  found(topic: TopicMetadata): void;
  failed(error: unknown): void;
  /** A search has ended, well or not. */
  ended(): void;
}

/** A topic that was just made, or any topic to a broker that has just started, may be unknown for so many looks in a row. */
const missingLooks = 10;

/**
 * Finds leaders for the partitions that have lost theirs, one search at a time, until all have one or the cluster has been
 * asked for `unavailableMs`. A topic that stays away is KAFKA_TOPIC_MISSING, one that may not be seen KAFKA_DENIED.
 */
export class LeaderSearch {
  readonly #client: KafkaClient;
  readonly #seeker: LeaderSeeker;
  #running = false;
  /** By topic: for how many looks it has been unknown. */
  readonly #missing = new Map<string, number>();

  constructor(client: KafkaClient, seeker: LeaderSeeker) {
    this.#client = client;
    this.#seeker = seeker;
  }

  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#search()
      .catch((error: unknown) => this.#seeker.failed(error))
      .finally(() => {
        this.#running = false;
        this.#seeker.ended();
      });
  }

  #search(): Promise<void> {
    return this.#client.pauses.retrying(`name the leaders of ${this.#seeker.what}`, this.#client.cluster.unavailableMs, async () => {
      await this.look(this.#seeker.lost());
      const [left] = this.#seeker.lost();
      if (left !== undefined) throw new Passing(`a partition of ${left} has no leader`);
    });
  }

  /** Asks once, of these topics. */
  async look(names: readonly string[]): Promise<void> {
    const { topics } = await this.#client.metadataOnce([...new Set(names)]);
    for (const topic of topics) {
      const { name, errorCode } = topic;
      if (isDenied(errorCode)) throw denied(`topic ${name}`, errorCode);
      if (errorCode === errorCodes.unknownTopicOrPartition) this.#miss(name);
      if (errorCode !== 0) continue;
      this.#missing.delete(name);
      this.#seeker.found(topic);
    }
  }

  #miss(name: string): void {
    const looks = (this.#missing.get(name) ?? 0) + 1;
    if (looks >= missingLooks) throw topicMissing(name);
    this.#missing.set(name, looks);
  }
}
