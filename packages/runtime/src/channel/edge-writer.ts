import type { Key, WatermarkStatus } from "@millrace/contracts";
import { assert, MillraceError, NO_TIMESTAMP, type Random } from "@millrace/core";
import type { Exchange, Partitioner } from "@millrace/plan";
import type { ChainControl } from "../chain/code.ts";
import type { SendingChannel } from "./channel.ts";
import type { BarrierElement, EndElement, Mark } from "./element.ts";
import { KeyRouter } from "./key-router.ts";

const ROOM_MIN = 16;

/** Collects the records for one channel into batches, and what stands between them. */
class BatchBuffer {
  readonly #channel: SendingChannel;
  readonly #batchRecords: number;
  readonly #control: ChainControl;
  #room = ROOM_MIN;
  #values = roomForValues(ROOM_MIN);
  #timestamps = roomForTimestamps(ROOM_MIN);
  #marks: Mark[] = [];
  #count = 0;

  constructor(channel: SendingChannel, batchRecords: number, control: ChainControl) {
    this.#channel = channel;
    this.#batchRecords = batchRecords;
    this.#control = control;
  }

  get full(): boolean {
    return this.#channel.full;
  }

  add(value: unknown, timestamp: number): void {
    const count = this.#count;
    if (count === this.#room) this.#grow();
    this.#values[count] = value;
    this.#timestamps[count] = timestamp;
    this.#count = count + 1;
    if (count + 1 >= this.#batchRecords) this.flush();
  }

  #grow(): void {
    const [values, timestamps] = [this.#values, this.#timestamps];
    this.#makeRoom(this.#room * 2);
    for (let index = 0; index < this.#count; index++) {
      this.#values[index] = values[index];
      this.#timestamps[index] = timestamps[index] as number;
    }
  }

  #makeRoom(room: number): void {
    this.#room = room;
    this.#values = roomForValues(room);
    this.#timestamps = roomForTimestamps(room);
  }

  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    const [values, timestamps, marks] = [this.#values, this.#timestamps, this.#marks];
    if (count < this.#room) {
      values.length = count;
      timestamps.length = count;
    }
    this.#count = 0;
    // The next batch has mostly as many records.
    this.#makeRoom(Math.max(ROOM_MIN, count));
    this.#marks = [];
    this.#channel.push({ kind: "batch", values, timestamps, marks });
    if (this.#channel.full) this.#control.interrupt = true;
  }

  /** Between the records so far and the next ones. */
  mark(element: Mark["element"]): void {
    if (this.#count > 0) this.#marks.push({ at: this.#count, element });
    else this.#channel.push(element);
  }

  control(element: BarrierElement | EndElement): void {
    this.flush();
    this.#channel.push(element);
  }
}

/**
 * Lists of one kind from the start: an engine that has seen a list become one of numbers, then of objects, stores into it
 * ten times slower, and it is what every record goes through.
 */
function roomForValues(room: number): unknown[] {
  const values = new Array<unknown>(room);
  values[0] = null;
  return values;
}

function roomForTimestamps(room: number): number[] {
  const timestamps = new Array<number>(room);
  timestamps[0] = NO_TIMESTAMP;
  return timestamps;
}

/**
 * The sending end of an edge: chooses the subtask for each record and batches per channel. Watermarks, statuses,
 * barriers and the end go to every channel; the first two stand in the batch, between its records. A batch travels when
 * it is full, before a barrier or the end, when the task runs out of input, so that a quiet stream does not wait, and
 * after `limits.lingerMs` at the latest.
 */
export abstract class EdgeWriter {
  protected readonly buffers: readonly BatchBuffer[];
  /** That all senders are idle, or an operator's own word of it, may come before the greeting, and is one. The first stands in no batch. */
  #statusTold = false;

  constructor(channels: readonly SendingChannel[], batchRecords: number, control: ChainControl) {
    assert(channels.length > 0, "an edge has a channel");
    this.buffers = channels.map((channel) => new BatchBuffer(channel, batchRecords, control));
  }

  abstract push(value: unknown, timestamp: number): void;

  /** One full channel blocks the task: which subtask the next record goes to is not known before it is made. */
  get full(): boolean {
    for (const buffer of this.buffers) if (buffer.full) return true;
    return false;
  }

  /**
   * The sender knows what it reads: event time of its own counts from here. Before it come watermarks of before a restore, and
   * records that no input was needed for: of firings that a checkpoint cut, asynchronous calls and timers of the clock.
   */
  greet(): void {
    if (!this.#statusTold) this.status("active");
  }

  watermark(watermark: number): void {
    for (const buffer of this.buffers) buffer.mark({ kind: "watermark", watermark });
  }

  status(status: WatermarkStatus): void {
    if (!this.#statusTold) this.flush();
    this.#statusTold = true;
    for (const buffer of this.buffers) buffer.mark({ kind: "status", status });
  }

  barrier(barrier: BarrierElement): void {
    for (const buffer of this.buffers) buffer.control(barrier);
  }

  end(): void {
    for (const buffer of this.buffers) buffer.control({ kind: "end" });
  }

  flush(): void {
    for (const buffer of this.buffers) buffer.flush();
  }
}

/** All records to one channel: forward, and global to that of subtask 0; the others get watermarks and barriers all the same. */
class SingleWriter extends EdgeWriter {
  readonly #target: BatchBuffer;
  constructor(channels: readonly SendingChannel[], target: number, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#target = this.buffers[target] as BatchBuffer;
  }
  push(value: unknown, timestamp: number): void {
    this.#target.add(value, timestamp);
  }
}

class HashWriter extends EdgeWriter {
  readonly #keyOf: (value: unknown) => Key;
  readonly #router: KeyRouter;
  constructor(
    channels: readonly SendingChannel[],
    keyOf: (value: unknown) => Key,
    maxParallelism: number,
    batchRecords: number,
    control: ChainControl,
  ) {
    super(channels, batchRecords, control);
    this.#keyOf = keyOf;
    this.#router = new KeyRouter(maxParallelism, channels.length);
  }
  push(value: unknown, timestamp: number): void {
    (this.buffers[this.#router.subtaskOf(this.#keyOf(value))] as BatchBuffer).add(value, timestamp);
  }
}

class RebalanceWriter extends EdgeWriter {
  #next: number;
  constructor(channels: readonly SendingChannel[], first: number, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#next = first % channels.length;
  }
  push(value: unknown, timestamp: number): void {
    (this.buffers[this.#next] as BatchBuffer).add(value, timestamp);
    this.#next = this.#next + 1 === this.buffers.length ? 0 : this.#next + 1;
  }
}

class BroadcastWriter extends EdgeWriter {
  push(value: unknown, timestamp: number): void {
    for (const buffer of this.buffers) buffer.add(value, timestamp);
  }
}

class ShuffleWriter extends EdgeWriter {
  readonly #random: Random;
  constructor(channels: readonly SendingChannel[], random: Random, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#random = random;
  }
  push(value: unknown, timestamp: number): void {
    (this.buffers[this.#random.uint32() % this.buffers.length] as BatchBuffer).add(value, timestamp);
  }
}

class CustomWriter extends EdgeWriter {
  readonly #partitioner: Partitioner;
  constructor(channels: readonly SendingChannel[], partitioner: Partitioner, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#partitioner = partitioner;
  }
  push(value: unknown, timestamp: number): void {
    const target = this.#partitioner(value, this.buffers.length);
    const buffer = this.buffers[target];
    if (buffer === undefined) throw noPartition(target, this.buffers.length);
    buffer.add(value, timestamp);
  }
}

function noPartition(target: unknown, partitions: number): MillraceError {
  return new MillraceError("PARTITION_RANGE", `a partitioner chose ${String(target)} of ${partitions} subtasks`, {
    hint: `return a whole number from 0 to the number of subtasks less one, e.g. Math.abs(key) % partitions`,
  });
}

export interface EdgeWriterOptions {
  readonly exchange: Exchange;
  /** One for each subtask that it sends to. */
  readonly channels: readonly SendingChannel[];
  /** Of the sender. */
  readonly subtask: number;
  readonly keyOf: ((value: unknown) => Key) | undefined;
  readonly partitioner: Partitioner | undefined;
  readonly random: Random;
  readonly maxParallelism: number;
  readonly batchRecords: number;
  readonly control: ChainControl;
}

export function createEdgeWriter(options: EdgeWriterOptions): EdgeWriter {
  const { channels, batchRecords, control } = options;
  switch (options.exchange) {
    case "forward":
    case "global":
      return new SingleWriter(channels, 0, batchRecords, control);
    case "broadcast":
      return new BroadcastWriter(channels, batchRecords, control);
    case "shuffle":
      return new ShuffleWriter(channels, options.random, batchRecords, control);
    case "custom":
      assert(options.partitioner !== undefined, "a custom edge has a partitioner");
      return new CustomWriter(channels, options.partitioner, batchRecords, control);
    case "rescale":
    case "rebalance":
      return new RebalanceWriter(channels, options.subtask, batchRecords, control);
    case "hash":
      assert(options.keyOf !== undefined, "a hashed edge has a key selector");
      return new HashWriter(channels, options.keyOf, options.maxParallelism, batchRecords, control);
  }
}
