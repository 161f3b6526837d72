import type { WatermarkStatus } from "@millrace/contracts";
import { assert } from "@millrace/core";

/** What came between records and must neither overtake them nor be overtaken. */
export type Mark = { readonly kind: "watermark"; readonly watermark: number } | { readonly kind: "status"; readonly status: WatermarkStatus };

/** Records between two marks, oldest first; those of `done` have their result. */
interface Segment<E> {
  readonly entries: Set<E>;
  readonly done: Set<E>;
  /** undefined: the segment is still open. */
  end: Mark | undefined;
}

/**
 * Records that wait for their results, and marks between them, in the order they came. In an ordered queue results come
 * out in that order, too; else as they are ready, but never past a mark (Flink's StreamElementQueue).
 */
export class InFlightQueue<E> {
  readonly #ordered: boolean;
  #segments: Segment<E>[] = [newSegment()];
  readonly #segmentOf = new Map<E, Segment<E>>();

  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** Records that have not come out. */
  get size(): number {
    return this.#segmentOf.size;
  }

  /** Neither a record nor a mark waits. */
  get empty(): boolean {
    return this.#segmentOf.size === 0 && this.#segments.length === 1;
  }

  add(entry: E): void {
    const segment = this.#segments.at(-1) as Segment<E>;
    segment.entries.add(entry);
    this.#segmentOf.set(entry, segment);
  }

  mark(mark: Mark): void {
    (this.#segments.at(-1) as Segment<E>).end = mark;
    this.#segments.push(newSegment());
  }

  /** The result of an entry is there. */
  complete(entry: E): void {
    const segment = this.#segmentOf.get(entry);
    assert(segment !== undefined, "what completes is in flight");
    segment.done.add(entry);
  }

  /** Takes out what is due; undefined when nothing is before another result comes. */
  next(): { readonly entry: E } | { readonly mark: Mark } | undefined {
    const segment = this.#segments[0] as Segment<E>;
    const [entry] = this.#ordered ? segment.entries : segment.done;
    if (entry !== undefined) {
      if (!segment.done.delete(entry)) return undefined;
      segment.entries.delete(entry);
      this.#segmentOf.delete(entry);
      return { entry };
    }
    if (segment.end === undefined || segment.entries.size > 0) return undefined;
    this.#segments.shift();
    return { mark: segment.end };
  }

  /** Everything that waits, oldest first, results or not. */
  *waiting(): IterableIterator<{ readonly entry: E } | { readonly mark: Mark }> {
    for (const { entries, end } of this.#segments) {
      for (const entry of entries) yield { entry };
      if (end !== undefined) yield { mark: end };
    }
  }
}

function newSegment<E>(): Segment<E> {
  return { entries: new Set(), done: new Set(), end: undefined };
}
