import type { Json } from "@millrace/core";
import type { Sink, SinkCommitter } from "millrace";

/** What a writer has written up to a checkpoint: the first so many of these lines. */
interface Mark {
  readonly lines: readonly string[];
  readonly length: number;
}

/** What has come to a sink in the present attempt, and before it up to the checkpoint that it was restored from. */
export class WrittenLines {
  readonly #marks: Mark[] = [];
  readonly #writers = new Set<ReadonlyMap<string, number>>();

  /** How often the line has been written. */
  count(line: string): number {
    let count = 0;
    for (const writer of this.#writers) count += writer.get(line) ?? 0;
    return count;
  }

  /** No writer is at work: their process has died. */
  clear(): void {
    this.#writers.clear();
  }

  /** The sink, whose writers' states say in addition what had been written. */
  watch(sink: Sink<string>): Sink<string> {
    const { publishedSince, createCommitter } = sink;
    return {
      ...sink,
      ...(publishedSince === undefined ? {} : { publishedSince: (context, states) => publishedSince(context, states.filter(isOwn)) }),
      ...(createCommitter === undefined ? {} : { createCommitter: (context) => ofOwnStates(createCommitter(context)) }),
      createWriter: (context) => {
        const writer = sink.createWriter(context);
        const lines: string[] = [];
        const counts = new Map<string, number>();
        const add = (line: string): void => {
          lines.push(line);
          counts.set(line, (counts.get(line) ?? 0) + 1);
        };
        this.#writers.add(counts);
        return {
          open: (states) => {
            for (const { lines: before, length } of states.map((state) => this.#markOf(state))) before.slice(0, length).forEach(add);
            return writer.open(states.filter(isOwn));
          },
          write: (line, timestamp) => {
            add(line);
            writer.write(line, timestamp);
          },
          prepare: async (checkpointId) => {
            const mark = this.#marks.push({ lines, length: lines.length }) - 1;
            const { committables, states } = await writer.prepare(checkpointId);
            return { committables, states: [...states, { mark }] };
          },
          ready: () => writer.ready(),
          committed: (checkpointId) => writer.committed?.(checkpointId),
          endInput: () => writer.endInput?.(),
          close: () => {
            this.#writers.delete(counts);
            return writer.close();
          },
        };
      },
    };
  }

  #markOf(state: Json): Mark {
    const mark = isOwn(state) ? undefined : this.#marks[(state as { mark: number }).mark];
    return mark ?? { lines: [], length: 0 };
  }
}

function ofOwnStates(committer: SinkCommitter): SinkCommitter {
  return {
    commit: (committables) => committer.commit(committables),
    recover: async (states) => committer.recover?.(states.filter(isOwn)),
    close: () => committer.close(),
  };
}

/** A state of the sink itself. */
function isOwn(state: Json): boolean {
  return typeof state !== "object" || state === null || !("mark" in state);
}
