import type { Sink, Source, SourceSplit } from "millrace";

/** What a process has opened of its job's sources and sinks and not closed, and whether sources are told of checkpoints. */
export class Unclosed {
  readonly #open = new Map<object, string>();
  /** How often a reader was told that a checkpoint is complete; undefined: none has been made. */
  told: number | undefined;

  /** undefined: nothing. */
  get text(): string | undefined {
    return this.#open.size === 0 ? undefined : [...this.#open.values()].join(", ");
  }

  sink<T>(sink: Sink<T>): Sink<T> {
    const { createWriter, createCommitter } = sink;
    return {
      ...sink,
      createWriter: (context) => {
        const writer = createWriter.call(sink, context);
        const open = writer.open.bind(writer);
        // One that was never opened holds nothing.
        writer.open = (states) => {
          this.#watched("a sink's writer", writer);
          return open(states);
        };
        return writer;
      },
      ...(createCommitter === undefined ? {} : { createCommitter: (context) => this.#watched("a committer", createCommitter.call(sink, context)) }),
    };
  }

  source<T, S extends SourceSplit>(source: Source<T, S>): Source<T, S> {
    return {
      ...source,
      createEnumerator: (context, restored) => this.#watched("an enumerator", source.createEnumerator(context, restored)),
      createReader: (context) => {
        const reader = source.createReader(context);
        this.told ??= 0;
        const completed = reader.checkpointCompleted?.bind(reader);
        reader.checkpointCompleted = () => {
          this.told = (this.told ?? 0) + 1;
          completed?.();
        };
        return this.#watched("a reader", reader);
      },
    };
  }

  #watched<C extends { close(): unknown }>(kind: string, one: C): C {
    const close = one.close.bind(one);
    this.#open.set(one, kind);
    one.close = () => {
      this.#open.delete(one);
      return close();
    };
    return one;
  }
}
