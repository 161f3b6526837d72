import type { PreparedSink, SinkWriter } from "@millrace/contracts";
import type { Json } from "@millrace/core";

/** A sink's part of a checkpoint. */
export interface SinkPrepared {
  readonly committables: readonly Json[];
  readonly writerStates: readonly Json[];
}

/** A sink's writer in a task, with the committables that no completed checkpoint holds yet: an aborted checkpoint's are part of the next (commits are cumulative, law C6). */
export class SinkPort {
  readonly node: number;
  readonly writer: SinkWriter<unknown>;
  #uncommitted: { readonly checkpointId: number; readonly committables: readonly Json[] }[] = [];
  #blocked = false;
  #preparing: Promise<unknown> = Promise.resolve();

  constructor(node: number, writer: SinkWriter<unknown>) {
    this.node = node;
    this.writer = writer;
  }

  /** True while the writer's buffers are full; `wake` is called when they no longer are. */
  blocked(wake: () => void, fail: (node: number, error: unknown) => void): boolean {
    if (this.#blocked) return true;
    const ready = this.writer.ready();
    if (ready === undefined) return false;
    this.#blocked = true;
    ready.then(
      () => {
        this.#blocked = false;
        wake();
      },
      (error: unknown) => fail(this.node, error),
    );
    return true;
  }

  prepare(checkpointId: number): Promise<SinkPrepared> {
    const prepared = this.#prepareAfter(this.#preparing, checkpointId, this.writer.prepare(checkpointId));
    this.#preparing = prepared.catch(() => undefined);
    return prepared;
  }

  /** What an aborted checkpoint prepared belongs to this one, so it has to be known first. */
  async #prepareAfter(earlier: Promise<unknown>, checkpointId: number, preparing: Promise<PreparedSink>): Promise<SinkPrepared> {
    const [prepared] = await Promise.all([preparing, earlier]);
    this.#uncommitted.push({ checkpointId, committables: prepared.committables });
    return { committables: this.#uncommitted.flatMap((part) => part.committables), writerStates: prepared.states };
  }

  completed(checkpointId: number): void {
    this.#uncommitted = this.#uncommitted.filter((part) => part.checkpointId > checkpointId);
    this.writer.committed?.(checkpointId);
  }
}
