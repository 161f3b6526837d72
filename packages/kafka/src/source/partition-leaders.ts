import type { KafkaClient } from "../client/kafka-client.ts";
import { LeaderSearch } from "../client/leader-search.ts";
import type { TopicMetadata } from "../protocol/cluster-apis.ts";
import { TransportError } from "../transport/transport.ts";
import { topicRecreated, unreadFor } from "./errors.ts";
import { keyOf } from "./fetch-session.ts";
import type { PartitionReading } from "./partition-reading.ts";

type Reading = PartitionReading<unknown>;

export interface LeadersListener {
  /** This broker leads a partition: one of which that was not known, perhaps. */
  led(leaderId: number): void;
  failed(error: unknown): void;
}

/** How often leaders and topic ids are looked at when nothing goes wrong. */
const metadataEveryMs = 60_000;
/** Whoever names a leader may not have heard yet that it is gone. */
const pauseMs = 50;

/**
 * Who leads the partitions being read. One whose leader is gone rests for a moment and is then looked for until it is
 * found. Where brokers go on naming a leader that does not answer, or does not lead, that is tried for `unavailableMs`.
 */
export class PartitionLeaders {
  readonly #client: KafkaClient;
  readonly #readings: ReadonlyMap<string, Reading>;
  readonly #listener: LeadersListener;
  readonly #search: LeaderSearch;
  readonly #resting = new Set<Reading>();
  #lookedAtMs = 0;
  #closed = false;

  /** `readings`: by topic id and partition; they may come and go. */
  constructor(client: KafkaClient, readings: ReadonlyMap<string, Reading>, listener: LeadersListener) {
    this.#client = client;
    this.#readings = readings;
    this.#listener = listener;
    this.#search = new LeaderSearch(client, {
      what: "the partitions being read",
      lost: () => this.#lost(),
      found: (topic) => this.#found(topic),
      failed: (error) => listener.failed(error),
      ended: () => {
        if (this.#lost().length > 0) this.locate();
      },
    });
  }

  #lost(): readonly string[] {
    const lost = [...this.#readings.values()].filter((reading) => reading.leaderId < 0 && !this.#resting.has(reading));
    return lost.map(({ split }) => split.topic);
  }

  /** Looks for the leaders that are not known. */
  locate(): void {
    if (!this.#closed) this.#search.begin();
  }

  /** They are looked for anew. Throws KAFKA_UNREACHABLE for one of which nothing has been heard for `unavailableMs`. */
  lose(readings: readonly Reading[], why: string): void {
    const { unavailableMs } = this.#client.cluster;
    const now = this.#client.ports.clock.monotonic();
    for (const reading of readings) {
      reading.lostSinceMs ??= now;
      if (now - reading.lostSinceMs > unavailableMs) throw unreadFor(reading.split.id, unavailableMs, why);
      reading.leaderId = -1;
      this.#resting.add(reading);
    }
    this.#client.pauses.pause(pauseMs).then(() => {
      for (const reading of readings) this.#resting.delete(reading);
      this.locate();
    });
  }

  /** Now and then: who leads what is being read, though nothing has gone wrong. */
  async lookNowAndThen(): Promise<void> {
    const now = this.#client.ports.clock.monotonic();
    if (now - this.#lookedAtMs < metadataEveryMs) return;
    this.#lookedAtMs = now;
    const names = [...this.#readings.values()].map(({ split }) => split.topic);
    await this.#search.look(names).catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
    });
  }

  #found({ name, topicId, partitions }: TopicMetadata): void {
    for (const { partition, leaderId, leaderEpoch } of partitions) {
      const reading = this.#readings.get(keyOf({ topicId, partition }));
      if (reading !== undefined) this.#led(reading, leaderId, leaderEpoch);
    }
    const strange = [...this.#readings.values()].find(({ split }) => split.topic === name && split.topicId !== topicId);
    if (strange !== undefined) throw topicRecreated(name);
  }

  #led(reading: Reading, leaderId: number, leaderEpoch: number): void {
    // A broker that knows an older leader than was seen already is behind.
    if (leaderId < 0 || leaderEpoch < reading.leaderEpoch || this.#client.node(leaderId) === undefined) return;
    if (this.#resting.has(reading)) return;
    reading.leaderId = leaderId;
    reading.leaderEpoch = leaderEpoch;
    this.#listener.led(leaderId);
  }

  close(): void {
    this.#closed = true;
  }
}
