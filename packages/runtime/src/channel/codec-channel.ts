import { createBatchCodec, createReader, createWriter } from "@millrace/codec";
import type { Channel } from "./channel.ts";
import type { StreamElement } from "./element.ts";

/**
 * Sends every batch through the exchange codec, so that records reach the other side as copies, exactly as they would
 * on another thread. A record that can't be carried (law O6) fails here, at the first edge, with its field path.
 */
export class CodecChannel implements Channel {
  readonly #inner: Channel;
  readonly #codec = createBatchCodec();
  readonly #writer = createWriter(4096);

  constructor(inner: Channel) {
    this.#inner = inner;
  }

  get full(): boolean {
    return this.#inner.full;
  }

  get size(): number {
    return this.#inner.size;
  }

  push(element: StreamElement): void {
    this.#inner.push(element.kind === "batch" ? this.#copy(element.values, element.timestamps) : element);
  }

  poll(): StreamElement | undefined {
    return this.#inner.poll();
  }

  #copy(values: readonly unknown[], timestamps: readonly number[]): StreamElement {
    this.#writer.reset();
    this.#codec.encode(values, timestamps, values.length, this.#writer);
    const into = { values: [] as unknown[], timestamps: [] as number[] };
    this.#codec.decode(createReader(this.#writer.slice()), into);
    return { kind: "batch", values: into.values, timestamps: into.timestamps };
  }
}
