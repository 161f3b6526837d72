import type { SinkWriter } from "@millrace/contracts";
import type { Json } from "@millrace/core";

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
  blocked(wake: () => void, fail: (error: unknown) => void): boolean {
    if (this.#blocked) return true;
    const ready = this.writer.ready();
    if (ready === undefined) return false;
    this.#blocked = true;
    ready.then(
      () => {
        this.#blocked = false;
        wake();
      },
      (error: unknown) => fail(error),
    );
    return true;
  }

  async prepare(checkpointId: number): Promise<{ committables: readonly Json[]; writerStates: readonly Json[] }> {
    const preparing = this.writer.prepare(checkpointId);
    const earlier = this.#preparing;
    this.#preparing = preparing.catch(() => undefined);
    // What an aborted checkpoint prepared belongs to this one, so it has to be known first.
    await earlier;
    const prepared = await preparing;
    this.#uncommitted.push({ checkpointId, committables: prepared.committables });
    return { committables: this.#uncommitted.flatMap((part) => part.committables), writerStates: prepared.states };
  }

  completed(checkpointId: number): void {
    this.#uncommitted = this.#uncommitted.filter((part) => part.checkpointId > checkpointId);
  }
}
