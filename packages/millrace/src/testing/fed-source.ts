import { collection } from "@millrace/connectors";
import type { ReaderOutput, Source, SourceReader, SourceSplit } from "@millrace/contracts";

/** How far the inputs of a job under test may be read. */
export class Feed {
  #allowed: (values: number) => number = () => 0;
  readonly #waiting = new Set<() => void>();

  /** Of so many values of an input. */
  allowedOf(values: number): number {
    return this.#allowed(values);
  }

  /** From now on this share of each input may be read: 0 to 1, and all of it when it ends. */
  allow(share: number): void {
    this.#allowed = (values) => (share >= 1 ? Number.POSITIVE_INFINITY : Math.floor(values * share));
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** `wake` is called when more is allowed. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }
}

/** The values of an array as a source that goes no further than the feed lets it. */
export function fedSource(values: readonly unknown[], feed: Feed): Source<unknown, SourceSplit> {
  const source = collection(values) as unknown as Source<unknown, SourceSplit>;
  return {
    ...source,
    createReader: (context) =>
      fedReader(
        source.createReader(context),
        () => feed.allowedOf(values.length),
        (wake) => feed.wait(wake),
        context.available,
      ),
  };
}

function fedReader(
  reader: SourceReader<unknown, SourceSplit>,
  allowed: () => number,
  wait: (wake: () => void) => void,
  available: () => void,
): SourceReader<unknown, SourceSplit> {
  return {
    addSplits: (splits) => reader.addSplits(splits),
    noMoreSplits: () => reader.noMoreSplits(),
    snapshot: () => reader.snapshot(),
    position: () => reader.position(),
    close: () => reader.close(),
    poll(output: ReaderOutput<unknown>, limit: number) {
      // The one split says how far it has been read.
      const next = reader.snapshot()[0]?.next;
      const room = typeof next === "number" ? allowed() - next : limit;
      if (room > 0) return reader.poll(output, Math.min(limit, room));
      wait(available);
      return "waiting";
    },
  };
}
