import type { Key, WatermarkStatus } from "@millrace/contracts";
import { assert, checkKey, keyGroupOf, subtaskOf } from "@millrace/core";
import type { Exchange } from "@millrace/plan";
import type { ChainControl } from "../chain/code.ts";
import type { Channel } from "./channel.ts";
import type { StreamElement } from "./element.ts";

/** Collects the records for one channel into batches. */
class BatchBuffer {
  readonly #channel: Channel;
  readonly #batchRecords: number;
  readonly #control: ChainControl;
  #values: unknown[] = [];
  #timestamps: number[] = [];

  constructor(channel: Channel, batchRecords: number, control: ChainControl) {
    this.#channel = channel;
    this.#batchRecords = batchRecords;
    this.#control = control;
  }

  get full(): boolean {
    return this.#channel.full;
  }

  add(value: unknown, timestamp: number): void {
    this.#values.push(value);
    this.#timestamps.push(timestamp);
    if (this.#values.length >= this.#batchRecords) this.flush();
  }

  flush(): void {
    if (this.#values.length === 0) return;
    const batch = { kind: "batch", values: this.#values, timestamps: this.#timestamps } as const;
    this.#values = [];
    this.#timestamps = [];
    this.#channel.push(batch);
    if (this.#channel.full) this.#control.interrupt = true;
  }

  control(element: StreamElement): void {
    this.flush();
    this.#channel.push(element);
  }
}

/**
 * The sending end of an edge: chooses the subtask for each record and batches per channel. Watermarks, statuses,
 * barriers and the end go to every channel. A batch travels when it is full, before any of those, and when the task
 * runs out of input, so that a quiet stream does not wait.
 */
export abstract class EdgeWriter {
  protected readonly buffers: readonly BatchBuffer[];

  constructor(channels: readonly Channel[], batchRecords: number, control: ChainControl) {
    assert(channels.length > 0, "an edge has a channel");
    this.buffers = channels.map((channel) => new BatchBuffer(channel, batchRecords, control));
  }

  abstract push(value: unknown, timestamp: number): void;

  /** One full channel blocks the task: which subtask the next record goes to is not known before it is made. */
  get full(): boolean {
    for (const buffer of this.buffers) if (buffer.full) return true;
    return false;
  }

  watermark(watermark: number): void {
    this.#broadcast({ kind: "watermark", watermark });
  }

  status(status: WatermarkStatus): void {
    this.#broadcast({ kind: "status", status });
  }

  barrier(checkpointId: number): void {
    this.#broadcast({ kind: "barrier", checkpointId });
  }

  end(): void {
    this.#broadcast({ kind: "end" });
  }

  flush(): void {
    for (const buffer of this.buffers) buffer.flush();
  }

  #broadcast(element: StreamElement): void {
    for (const buffer of this.buffers) buffer.control(element);
  }
}

/** All records to one channel: forward, and global with the channel of subtask 0. */
class SingleWriter extends EdgeWriter {
  readonly #target: BatchBuffer;
  constructor(channels: readonly Channel[], target: number, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#target = this.buffers[target] as BatchBuffer;
  }
  push(value: unknown, timestamp: number): void {
    this.#target.add(value, timestamp);
  }
}

class HashWriter extends EdgeWriter {
  readonly #keyOf: (value: unknown) => Key;
  readonly #maxParallelism: number;
  constructor(channels: readonly Channel[], keyOf: (value: unknown) => Key, maxParallelism: number, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#keyOf = keyOf;
    this.#maxParallelism = maxParallelism;
  }
  push(value: unknown, timestamp: number): void {
    const group = keyGroupOf(checkKey(this.#keyOf(value)), this.#maxParallelism);
    (this.buffers[subtaskOf(group, this.#maxParallelism, this.buffers.length)] as BatchBuffer).add(value, timestamp);
  }
}

class RebalanceWriter extends EdgeWriter {
  #next: number;
  constructor(channels: readonly Channel[], first: number, batchRecords: number, control: ChainControl) {
    super(channels, batchRecords, control);
    this.#next = first % channels.length;
  }
  push(value: unknown, timestamp: number): void {
    (this.buffers[this.#next] as BatchBuffer).add(value, timestamp);
    this.#next = this.#next + 1 === this.buffers.length ? 0 : this.#next + 1;
  }
}

export interface EdgeWriterOptions {
  readonly exchange: Exchange;
  /** One for each receiving subtask; for `forward` just the one of the same subtask. */
  readonly channels: readonly Channel[];
  /** Of the sender. */
  readonly subtask: number;
  readonly keyOf: ((value: unknown) => Key) | undefined;
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
    case "rebalance":
      return new RebalanceWriter(channels, options.subtask, batchRecords, control);
    case "hash":
      assert(options.keyOf !== undefined, "a hashed edge has a key selector");
      return new HashWriter(channels, options.keyOf, options.maxParallelism, batchRecords, control);
  }
}
