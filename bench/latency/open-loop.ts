import type { Source, SourceReader, SourceSplit } from "@millrace/contracts";
import { NO_TIMESTAMP } from "@millrace/core";
import { nowNanos, type Schedule } from "./schedule.ts";

export interface Timed {
  readonly key: number;
  readonly value: number;
  /** When it had to leave the source, in nanoseconds of `nowNanos`. */
  readonly due: number;
}

/** The records of a schedule, each as soon as it is due. Like Flink's side it spins while none is, so that it is never late itself; `looked` is called whenever it looks. */
export function openLoop(schedule: Schedule, keyOf: (record: number) => number, looked: () => void): Source<Timed> {
  return {
    name: "open-loop",
    boundedness: "bounded",
    replayable: false,
    description: {},
    createEnumerator: (context) => ({
      start: async () => {
        context.assign(0, [{ id: "all" }]);
        for (let subtask = 0; subtask < context.parallelism; subtask++) context.noMoreSplits(subtask);
      },
      requestSplit() {},
      snapshot: () => null,
      close: async () => {},
    }),
    createReader: ({ available }) => new OpenLoopReader(schedule, keyOf, looked, available),
  };
}

class OpenLoopReader implements SourceReader<Timed, SourceSplit> {
  readonly #schedule: Schedule;
  readonly #keyOf: (record: number) => number;
  readonly #looked: () => void;
  readonly #available: () => void;
  #split: SourceSplit | undefined;
  #noMore = false;
  #next = 0;

  constructor(schedule: Schedule, keyOf: (record: number) => number, looked: () => void, available: () => void) {
    this.#schedule = schedule;
    this.#keyOf = keyOf;
    this.#looked = looked;
    this.#available = available;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    this.#split = splits[0];
    this.#available();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#available();
  }

  poll(output: Parameters<SourceReader<Timed, SourceSplit>["poll"]>[0], limit: number): "more" | "waiting" | "ended" {
    const split = this.#split;
    if (split === undefined) return this.#noMore ? "ended" : "waiting";
    this.#looked();
    const now = nowNanos();
    for (let left = limit; left > 0 && this.#next < this.#schedule.records && !output.stop; left--) {
      const due = this.#schedule.dueNanos(this.#next);
      if (due > now) return this.#lookAgain();
      const record = this.#next++;
      output.collect(split.id, { key: this.#keyOf(record), value: record, due }, NO_TIMESTAMP);
    }
    if (this.#next < this.#schedule.records) return "more";
    this.#split = undefined;
    output.splitFinished(split.id);
    return "more";
  }

  /** There is nothing for now, so what is under way should not wait for more; and it is looked again at once. */
  #lookAgain(): "waiting" {
    this.#available();
    return "waiting";
  }

  snapshot(): readonly SourceSplit[] {
    return this.#split === undefined ? [] : [this.#split];
  }

  position(): string | undefined {
    return `record ${this.#next - 1}`;
  }

  async close(): Promise<void> {}
}
