import { MillraceError } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import { type GroupOffset, offsetCommit } from "../protocol/record-apis.ts";
import type { KafkaSplit } from "./split.ts";

const closingMs = 1_000;

/**
 * Commits the positions of completed checkpoints to a group that has no members, so that tools that know groups see how
 * far the job is. The job itself never reads them. A commit that fails for a passing reason is made up for by the next;
 * one that is not allowed fails the job.
 */
export class GroupOffsets {
  readonly #client: KafkaClient;
  readonly #groupId: string;
  readonly #failed: (error: unknown) => void;
  /** Of the last snapshot: only one checkpoint is in flight. */
  #positions: readonly GroupOffset[] = [];
  #finished: GroupOffset[] = [];
  #committing: Promise<void> | undefined;

  constructor(client: KafkaClient, groupId: string, failed: (error: unknown) => void) {
    this.#client = client;
    this.#groupId = groupId;
    this.#failed = failed;
  }

  snapshot(splits: readonly KafkaSplit[]): void {
    this.#positions = [...this.#finished, ...splits].map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  }

  /** A partition was read to its end and stands in no later snapshot. */
  finished({ topic, partition, offset }: KafkaSplit): void {
    this.#finished.push({ topic, partition, offset });
  }

  /** Of two commits at a time the second is left out: the next checkpoint brings newer positions. */
  commit(): void {
    const offsets = this.#positions;
    if (offsets.length === 0 || this.#committing !== undefined) return;
    const codeOf = (answer: readonly { readonly errorCode: number }[]): number => answer.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0;
    this.#committing = this.#client
      .toCoordinator("group", this.#groupId, offsetCommit, { groupId: this.#groupId, offsets }, codeOf)
      .then(() => undefined)
      .catch((error: unknown) => {
        if (error instanceof MillraceError && error.code === "KAFKA_DENIED") this.#failed(error);
      })
      .finally(() => {
        this.#committing = undefined;
      });
  }

  /** Waits a moment for a commit on its way, so that the last checkpoint of a job is seen. */
  async close(): Promise<void> {
    if (this.#committing !== undefined) await Promise.race([this.#committing, this.#client.pauses.pause(closingMs)]);
  }
}
