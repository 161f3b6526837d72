import type { SourceSplit } from "@millrace/contracts";

/** A partition of a topic, with the offset of the record to come. */
export interface KafkaSplit extends SourceSplit {
  /** `topic-partition`. */
  readonly id: string;
  readonly topic: string;
  /** 32 hexadecimal digits: a topic that was deleted and made again has another one. */
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** The first offset that is not read; null: without end. */
  readonly stop: number | null;
}

export function partitionId(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
