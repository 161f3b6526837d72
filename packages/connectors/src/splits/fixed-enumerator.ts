import type { EnumeratorContext, SourceSplit, SplitEnumerator } from "@millrace/contracts";
import type { Json } from "@millrace/core";

/**
 * Deals out a list of splits that is known before the job runs, one for each request, in order; a reader that asks when
 * none is left gets `noMoreSplits`. Its state is the splits not dealt yet.
 */
export class FixedSplitEnumerator<Split extends SourceSplit> implements SplitEnumerator {
  readonly #context: EnumeratorContext<Split>;
  readonly #pending: Split[];

  constructor(context: EnumeratorContext<Split>, splits: () => readonly Split[], restored: Json | undefined) {
    this.#context = context;
    this.#pending = restored === undefined ? [...splits()] : [...(restored as unknown as { pending: Split[] }).pending];
  }

  async start(): Promise<void> {}

  requestSplit(subtask: number): void {
    const split = this.#pending.shift();
    if (split === undefined) this.#context.noMoreSplits(subtask);
    else this.#context.assign(subtask, [split]);
  }

  snapshot(): Json {
    return { pending: [...this.#pending] };
  }

  async close(): Promise<void> {}
}
