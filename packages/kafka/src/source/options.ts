import type { OutputTag } from "@millrace/contracts";
import { checkChoice, type Json, MillraceError } from "@millrace/core";

/** A topic, several, all whose names match a pattern, or chosen partitions. */
export type TopicChoice = string | readonly string[] | RegExp | readonly { readonly topic: string; readonly partitions: readonly number[] }[];

/**
 * earliest, latest: the partition's ends. timestampMs: the first record at or after it. committed: what a group has
 * committed, and `otherwise` where it has nothing. offsets: by `topic-partition`; what is not named begins at the earliest.
 */
export type StartAt =
  | "earliest"
  | "latest"
  | { readonly timestampMs: number }
  | { readonly committed: string; readonly otherwise: "earliest" | "latest" | "fail" }
  | { readonly offsets: Readonly<Record<string, number>> };

/** latest: where the partition ends when the job starts; makes the source a bounded one, as all of them do. */
export type StopAt = "latest" | { readonly timestampMs: number } | { readonly offsets: Readonly<Record<string, number>> };

/** What goes to the side output for a record that can't be read. */
export interface BadKafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** All of them, in order; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
  /** Milliseconds since 1970; −1: none. */
  readonly timestamp: number;
  /** What is wrong with it. */
  readonly message: string;
}

/** "fail": the job fails with SOURCE_RECORD. "skip": left out and counted. A tag or a name: sent to that side output. */
export type OnBadRecord = "fail" | "skip" | OutputTag<BadKafkaRecord> | { readonly sideOutput: string };

export interface KafkaSourceOptions {
  /** Where reading begins, once; after that positions are in the checkpoints. Default "earliest". */
  readonly start?: StartAt;
  /** Where it ends; without it the source never ends. */
  readonly stop?: StopAt | undefined;
  /** Default "read_committed": records of open and aborted transactions are not seen. */
  readonly isolation?: "read_committed" | "read_uncommitted";
  /** The offsets of every completed checkpoint are committed to this group, for observers; they are not read back. */
  readonly groupId?: string;
  /** How often new partitions and topics are looked for; they are read from their beginning. 0: never. Default 60 s. */
  readonly discoverEveryMs?: number;
  /** The position is no longer, or not yet, in the log. Default "fail", with KAFKA_OFFSET_OUT_OF_RANGE. */
  readonly onOffsetOutOfRange?: "fail" | "earliest" | "latest";
  readonly onError?: OnBadRecord;
  readonly fetch?: FetchOptions;
}

export interface FetchOptions {
  /** How long a broker waits for records. Default 500. */
  readonly maxWaitMs?: number;
  /** The broker answers as soon as it has so many. Default 1. */
  readonly minBytes?: number;
  /** Of one answer; less where the answers of all brokers could be more than `bufferBytes`. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Of one partition in one answer. Default 2 MiB. */
  readonly partitionMaxBytes?: number;
  /**
   * Fetched and not yet processed, in one subtask, no longer compressed; beyond it nothing is fetched. As much again may be
   * on its way, from all brokers together. What watermark alignment holds back does not count. Default 32 MiB.
   */
  readonly bufferBytes?: number;
}

export type ReadingOptions = Required<FetchOptions> & {
  readonly readCommitted: boolean;
  readonly groupId: string | undefined;
  readonly onOffsetOutOfRange: "fail" | "earliest" | "latest";
  readonly onError: OnBadRecord;
};

export function readingOptions(options: KafkaSourceOptions): ReadingOptions {
  return {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 16 << 20,
    partitionMaxBytes: 2 << 20,
    bufferBytes: 32 << 20,
    ...options.fetch,
    readCommitted: options.isolation !== "read_uncommitted",
    groupId: options.groupId,
    onOffsetOutOfRange: options.onOffsetOutOfRange ?? "fail",
    onError: options.onError ?? "fail",
  };
}

export function sideOutputOf(onError: OnBadRecord): string | undefined {
  if (typeof onError === "string") return undefined;
  return "sideOutput" in onError ? onError.sideOutput : onError.name;
}

export function describeTopics(topics: TopicChoice): Json {
  if (topics instanceof RegExp) return { pattern: topics.source };
  if (typeof topics === "string") return [topics];
  return topics.map((item): Json => (typeof item === "string" ? item : { topic: item.topic, partitions: [...item.partitions] }));
}

/** Throws SOURCE_OPTIONS, and PLAN_OPTION for a word that there is not. */
export function checkSourceOptions(topics: TopicChoice, options: KafkaSourceOptions): void {
  const { start, discoverEveryMs, fetch = {} } = options;
  checkWords(options);
  if (!(topics instanceof RegExp) && topics.length === 0) throw refused("a topic is needed", 'e.g. kafkaSource(cluster, "orders", json<Order>())');
  if (discoverEveryMs !== undefined && !(discoverEveryMs >= 0)) throw refused("discoverEveryMs must be 0 or more", "0 turns it off");
  for (const [name, value] of Object.entries(fetch)) {
    if (!(Number.isSafeInteger(value) && value > 0))
      throw refused(`fetch.${name} must be a whole number above 0, not ${value}`, "leave it out for the default");
  }
  if (typeof start === "object" && "offsets" in start) {
    for (const [id, offset] of Object.entries(start.offsets)) {
      if (!(Number.isSafeInteger(offset) && offset >= 0))
        throw refused(`the start offset of ${id} must be 0 or more, not ${offset}`, 'e.g. { offsets: { "orders-0": 42 } }');
    }
  }
}

function checkWords({ start, stop, isolation = "read_committed", onOffsetOutOfRange = "fail", onError = "fail" }: KafkaSourceOptions): void {
  if (typeof start === "string") checkChoice("the start of kafkaSource", start, ["earliest", "latest"]);
  if (typeof start === "object" && "committed" in start) {
    checkChoice("start.otherwise of kafkaSource", start.otherwise, ["earliest", "latest", "fail"]);
  }
  if (typeof stop === "string") checkChoice("the stop of kafkaSource", stop, ["latest"]);
  checkChoice("the isolation of kafkaSource", isolation, ["read_committed", "read_uncommitted"]);
  checkChoice("onOffsetOutOfRange of kafkaSource", onOffsetOutOfRange, ["fail", "earliest", "latest"]);
  if (typeof onError === "string") checkChoice("onError of kafkaSource", onError, ["fail", "skip"]);
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `kafkaSource: ${message}`, { hint });
}
