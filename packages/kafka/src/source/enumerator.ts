import type { EnumeratorContext, SplitEnumerator } from "@millrace/contracts";
import { type Cancel, type Json, MillraceError } from "@millrace/core";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import type { TopicMetadata } from "../protocol/cluster-apis.ts";
import { topicRecreated } from "./errors.ts";
import type { StartAt, StopAt, TopicChoice } from "./options.ts";
import { type Partition, splitsOf } from "./positions.ts";
import { type KafkaSplit, partitionId } from "./split.ts";

export interface EnumeratorOptions {
  readonly topics: TopicChoice;
  readonly start: StartAt;
  readonly stop: StopAt | undefined;
  readonly readCommitted: boolean;
  readonly discoverEveryMs: number;
}

/** JSON. `started`: the partitions there were at the first start are dealt. `topicIds`: by topic. `known`: ids of splits dealt so far. */
interface EnumeratorState {
  readonly started: boolean;
  readonly topicIds: Readonly<Record<string, string>>;
  readonly known: readonly string[];
  /** Dealt to nobody yet. */
  readonly pending: readonly KafkaSplit[];
}

/**
 * Finds partitions and deals them out: partition p of a topic goes to the reader (hash of the topic + p) mod parallelism,
 * as in Flink, so that topics do not all begin at reader 0. What is found later is read from its beginning.
 */
export class KafkaEnumerator implements SplitEnumerator {
  readonly #context: EnumeratorContext<KafkaSplit>;
  readonly #options: EnumeratorOptions;
  readonly #client: KafkaClient;
  #started: boolean;
  readonly #topicIds: Map<string, string>;
  readonly #known: Set<string>;
  #pending: KafkaSplit[];
  #cancelLook: Cancel | undefined;
  #closed = false;

  constructor(context: EnumeratorContext<KafkaSplit>, cluster: KafkaCluster, options: EnumeratorOptions, restored: Json | undefined) {
    const state = (restored ?? { started: false, topicIds: {}, known: [], pending: [] }) as unknown as EnumeratorState;
    this.#context = context;
    this.#options = options;
    this.#client = new KafkaClient(cluster, context.ports);
    this.#started = state.started;
    this.#topicIds = new Map(Object.entries(state.topicIds));
    this.#known = new Set(state.known);
    this.#pending = [...state.pending];
  }

  async start(): Promise<void> {
    const { stop, discoverEveryMs } = this.#options;
    if (stop === undefined || !this.#started) await this.#look();
    this.#deal();
    if (stop !== undefined) {
      for (let subtask = 0; subtask < this.#context.parallelism; subtask++) this.#context.noMoreSplits(subtask);
    } else if (discoverEveryMs > 0) this.#lookLater(discoverEveryMs);
  }

  #lookLater(everyMs: number): void {
    if (this.#closed) return;
    this.#cancelLook = this.#context.ports.scheduler.after(everyMs, () => {
      this.#look().then(
        () => {
          if (this.#closed) return;
          this.#deal();
          this.#lookLater(everyMs);
        },
        (error: unknown) => {
          if (!this.#closed) this.#context.fail(error);
        },
      );
    });
  }

  async #look(): Promise<void> {
    const { start, stop, readCommitted } = this.#options;
    const found = await this.#partitions();
    if (this.#closed) return;
    const fresh = found.filter(({ topic, partition }) => !this.#known.has(partitionId(topic, partition)));
    const splits = await splitsOf(this.#client, fresh, this.#started ? "earliest" : start, stop, readCommitted);
    if (this.#closed) return;
    for (const { topic, topicId } of fresh) this.#topicIds.set(topic, topicId);
    for (const split of splits) this.#known.add(split.id);
    this.#pending.push(...splits);
    this.#started = true;
  }

  async #partitions(): Promise<readonly Partition[]> {
    const topics = await this.#topicsChosen();
    for (const { name, topicId } of topics) {
      const before = this.#topicIds.get(name);
      if (before !== undefined && before !== topicId) throw topicRecreated(name);
    }
    return topics.flatMap(({ name, topicId, partitions }) =>
      partitions
        .filter(({ partition }) => this.#isChosen(name, partition))
        .sort((a, b) => a.partition - b.partition)
        .map(({ partition }) => ({ topic: name, topicId, partition })),
    );
  }

  async #topicsChosen(): Promise<readonly TopicMetadata[]> {
    const { topics } = this.#options;
    if (!(topics instanceof RegExp)) {
      const names = typeof topics === "string" ? [topics] : topics.map((item) => (typeof item === "string" ? item : item.topic));
      const found = await this.#client.topics([...new Set(names)]);
      this.#refuseMissingPartitions(found);
      return found;
    }
    const all = await this.#client.metadata(null);
    const names = all.topics.filter(({ name, internal }) => !internal && matches(topics, name)).map(({ name }) => name);
    if (names.length === 0 && !this.#started && this.#options.stop !== undefined) {
      throw new MillraceError("KAFKA_TOPIC_MISSING", `no topic matches ${topics}`, {
        hint: "correct the pattern, or leave stop out to wait for such topics",
      });
    }
    return names.length === 0 ? [] : this.#client.topics(names);
  }

  #isChosen(topic: string, partition: number): boolean {
    const { topics } = this.#options;
    if (topics instanceof RegExp || typeof topics === "string") return true;
    return topics.some((item) => item === topic || (typeof item === "object" && item.topic === topic && item.partitions.includes(partition)));
  }

  #refuseMissingPartitions(found: readonly TopicMetadata[]): void {
    const { topics } = this.#options;
    if (topics instanceof RegExp || typeof topics === "string") return;
    for (const item of topics) {
      if (typeof item === "string") continue;
      const has = found.find(({ name }) => name === item.topic)?.partitions.length ?? 0;
      const beyond = item.partitions.find((partition) => partition >= has);
      if (beyond === undefined) continue;
      throw new MillraceError("KAFKA_TOPIC_MISSING", `topic ${item.topic} has no partition ${beyond}, only ${has}`, {
        hint: "correct the partitions",
      });
    }
  }

  #deal(): void {
    const bySubtask = Map.groupBy(this.#pending, (split) => this.#subtaskOf(split));
    this.#pending = [];
    for (const [subtask, splits] of bySubtask) this.#context.assign(subtask, splits);
  }

  #subtaskOf({ topic, partition }: KafkaSplit): number {
    let hash = 7;
    for (let i = 0; i < topic.length; i++) hash = (Math.imul(hash, 31) + topic.charCodeAt(i)) & 0x7fff_ffff;
    return (hash + partition) % this.#context.parallelism;
  }

  /** Splits are dealt when they are found. */
  requestSplit(): void {}

  snapshot(): Json {
    const state = { started: this.#started, topicIds: Object.fromEntries(this.#topicIds), known: [...this.#known], pending: this.#pending };
    return state as unknown as Json;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#client.close();
  }
}

/** A global or sticky pattern would go on where it matched last. */
function matches(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(name);
}
