import { MillraceError } from "@millrace/core";
import { errorCodes, errorText } from "../protocol/error-codes.ts";
import { isTooLarge } from "../sink/errors.ts";
import { partitionId } from "../source/split.ts";
import type { CommitOutcome } from "./commit-transactions.ts";
import type { WriteAheadCommittable } from "./committable.ts";

interface Refused {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** The topic would take other records: these are too large, lack a key that it asks for, have a time that it does not allow. */
export function isRefusalOfRecords(code: number): boolean {
  return isTooLarge(code) || code === errorCodes.invalidRecord || code === errorCodes.invalidTimestamp;
}

/**
 * Records of a committable that their topic will not take, whenever it is tried. They stand in the checkpoint, so that no
 * start could go on before them: where that is accepted they are left out, and told.
 */
export class RefusedRecords {
  readonly #checkpointId: number;
  readonly #accepted: boolean;
  /** By partition and reason. */
  readonly #sums = new Map<string, { count: number; bytes: number }>();

  constructor({ checkpointId }: WriteAheadCommittable, accepted: boolean) {
    this.#checkpointId = checkpointId;
    this.#accepted = accepted;
  }

  /** Throws unless losses are accepted. `code`: the broker's; that of an unknown partition when it is gone. */
  add({ topic, partition, count, bytes }: Refused, code: number): void {
    const id = partitionId(topic, partition);
    if (!this.#accepted) throw refusal(id, code, `${sumText({ count, bytes: bytes.length })} of checkpoint ${this.#checkpointId}`);
    const key = `${id}: ${errorText(code)}`;
    const sum = this.#sums.get(key) ?? { count: 0, bytes: 0 };
    this.#sums.set(key, { count: sum.count + count, bytes: sum.bytes + bytes.length });
  }

  /** Once all others are committed. */
  get outcome(): CommitOutcome {
    if (this.#sums.size === 0) return { kind: "committed" };
    const parts = [...this.#sums].map(([place, sum]) => `${sumText(sum)} for ${place}`);
    return { kind: "lost", where: `written ahead in checkpoint ${this.#checkpointId}, and not taken: ${parts.join(", ")}` };
  }
}

function sumText({ count, bytes }: { readonly count: number; readonly bytes: number }): string {
  return `${count} ${count === 1 ? "record" : "records"} (${bytes} bytes)`;
}

function refusal(id: string, code: number, what: string): MillraceError {
  const where = { position: id };
  const accept = "--accept-loss with the sink's uid goes on without what can't be written, and names it";
  if (code === errorCodes.unknownTopicOrPartition)
    return new MillraceError("KAFKA_TOPIC_MISSING", `${id} is not there any more, and ${what} wait to be written to it`, {
      hint: `create it again, with as many partitions as it had; or ${accept}`,
      where,
    });
  return new MillraceError(isTooLarge(code) ? "KAFKA_TOO_LARGE" : "KAFKA_PRODUCE", `${id} does not take ${what}: ${errorText(code)}`, {
    hint: `${isTooLarge(code) ? "raise the topic's max.message.bytes" : "change what the topic takes"}; or ${accept}`,
    where,
  });
}
