import type { ReaderOutput } from "@millrace/contracts";
import { MillraceError, NO_TIMESTAMP } from "@millrace/core";
import { noKafkaTimestamp, RecordCursor } from "../batch/record-cursor.ts";
import type { ReadableBatch } from "../batch/record-set.ts";
import { BadRecord, Pending, type RecordDeserializer } from "../formats/format.ts";
import { type BadKafkaRecord, type OnBadRecord, sideOutputOf } from "./options.ts";
import type { KafkaSplit } from "./split.ts";

/**
 * One partition being read: what was fetched ahead, and the offset of the record to come. The offset moves by whole
 * batches where there is nothing to hand over (control records, aborted transactions, what compaction removed).
 */
export class PartitionReading<T> {
  readonly split: KafkaSplit;
  /** The next one to fetch. */
  fetchOffset: number;
  /** Fetched and not read yet. */
  bufferedBytes = 0;
  leaderId = -1;
  leaderEpoch = -1;
  /** Since when its leader has been named and has given nothing; by the monotonic clock. */
  lostSinceMs: number | undefined;
  skipped = 0;
  readonly #deserializer: RecordDeserializer<T>;
  readonly #onError: OnBadRecord;
  readonly #sideOutput: string | undefined;
  readonly #stop: number;
  readonly #cursor: RecordCursor;
  readonly #batches: ReadableBatch[] = [];
  #open: ReadableBatch | undefined;
  /** The cursor stands on a record that has not been handed over. */
  #held = false;
  #readsUp = false;
  #offset: number;

  constructor(split: KafkaSplit, deserializer: RecordDeserializer<T>, onError: OnBadRecord) {
    this.split = split;
    this.fetchOffset = split.offset;
    this.#offset = split.offset;
    this.#stop = split.stop ?? Number.POSITIVE_INFINITY;
    this.#deserializer = deserializer;
    this.#onError = onError;
    this.#sideOutput = sideOutputOf(onError);
    this.#cursor = new RecordCursor(split.topic, split.partition);
  }

  /** Of the record to come. */
  get offset(): number {
    return this.#offset;
  }

  get lastOffset(): number {
    return this.#cursor.offset;
  }

  /** Everything up to the stop has been handed over. */
  get finished(): boolean {
    return this.#offset >= this.#stop;
  }

  /** Everything up to the stop has been fetched. */
  get fetched(): boolean {
    return this.fetchOffset >= this.#stop;
  }

  get hasBatches(): boolean {
    return this.#open !== undefined || this.#batches.length > 0;
  }

  push(batch: ReadableBatch): void {
    this.#batches.push(batch);
    this.#readsUp = false;
    this.bufferedBytes += batch.end - batch.start;
  }

  /** Nothing is to be fetched until all that has been is read. */
  get readsUp(): boolean {
    return this.#readsUp && this.hasBatches;
  }

  readUp(): void {
    this.#readsUp = true;
  }

  /** Goes on elsewhere, after an offset that was not in the log. */
  moveTo(offset: number): void {
    this.#offset = offset;
    this.fetchOffset = offset;
    this.#readsUp = false;
  }

  /**
   * Hands over at most `limit` records and returns how many. Stops at the end of what was fetched, at the split's stop, or
   * when the output says so. Throws Pending with the record kept for the next call.
   */
  deliver(output: ReaderOutput<T>, limit: number): number {
    const cursor = this.#cursor;
    const deserializer = this.#deserializer;
    const { id } = this.split;
    const stop = this.#stop;
    let handed = 0;
    while (handed < limit && !output.stop && this.#offset < stop) {
      if (!this.#held && !this.#advance()) break;
      if (cursor.offset >= stop) {
        this.#offset = stop;
        break;
      }
      this.#held = true;
      let value: T;
      try {
        value = deserializer.deserialize(cursor);
      } catch (error) {
        this.#bad(error, output);
        handed++;
        continue;
      }
      this.#held = false;
      this.#offset = cursor.offset + 1;
      handed++;
      output.collect(id, value, cursor.timestamp === noKafkaTimestamp ? NO_TIMESTAMP : cursor.timestamp);
    }
    if (!this.#held && this.#offset < stop) this.#passOver();
    return handed;
  }

  /** To the next record that is to be handed over; false: there is none yet. */
  #advance(): boolean {
    for (;;) {
      if (this.#open === undefined && !this.#openNext()) return false;
      while (this.#cursor.next()) if (this.#cursor.offset >= this.#offset) return true;
      this.#close();
    }
  }

  #openNext(): boolean {
    this.#passOver();
    const batch = this.#batches.shift();
    if (batch?.records === undefined) return false;
    this.#open = batch;
    this.#cursor.open(batch.header, batch.records, batch.start, batch.end);
    return true;
  }

  #close(): void {
    const batch = this.#open;
    if (batch === undefined) return;
    this.#open = undefined;
    this.bufferedBytes -= batch.end - batch.start;
    this.#offset = Math.max(this.#offset, batch.header.lastOffset + 1);
  }

  /** Batches without records move the offset at once, so that a checkpoint and a bounded end need no record behind them. */
  #passOver(): void {
    while (this.#open === undefined && this.#batches[0] !== undefined && this.#batches[0].records === undefined) {
      this.#open = this.#batches.shift();
      this.#close();
    }
  }

  #bad(error: unknown, output: ReaderOutput<T>): void {
    if (error instanceof Pending || !(error instanceof BadRecord)) throw error;
    const position = this.position();
    if (this.#onError === "fail") {
      const excerpt = this.#cursor.value()?.toString("utf8", 0, 120) ?? null;
      throw new MillraceError("SOURCE_RECORD", `${position}: ${error.message}: ${JSON.stringify(excerpt)}`, {
        hint: 'choose onError: "skip" or a side output for such records',
        where: { position },
      });
    }
    if (this.#sideOutput === undefined) this.skipped++;
    else output.side(this.#sideOutput, this.#badRecord(error.message));
    this.#held = false;
    this.#offset = this.#cursor.offset + 1;
  }

  #badRecord(message: string): BadKafkaRecord {
    const { topic, partition, offset, timestamp } = this.#cursor;
    const headers = this.#cursor.headersOfBadRecord().map(([name, value]) => [name, copy(value)] as const);
    return { topic, partition, offset, key: copy(this.#cursor.key()), value: copy(this.#cursor.value()), headers, timestamp, message };
  }

  /** Of the record in hand, or handed over last. */
  position(): string {
    return `${this.split.id}@${this.#cursor.offset}`;
  }

  snapshot(): KafkaSplit {
    return { ...this.split, offset: this.#offset };
  }
}

function copy(bytes: Buffer | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}
