import type { Json, Scheduler } from "@millrace/core";
import type { Source, SourceSplit } from "millrace";
import { apart } from "../world/apart.ts";

/** How long a source says nothing before it is idle. Longer than any pause, so that nobody is idle whose turn it is. */
export const TURNS_IDLENESS_MS = 600;
/** What a source has said last has come everywhere by then: one that comes back from idleness may hold nobody back before that. */
const ARRIVED_MS = 300;
/** Readers of a new attempt have their restored splits by then. */
const SETTLING_MS = 200;

/** Whether the sources of a job take turns. Drawn apart from all else. */
export function drawTurns(seed: number): boolean {
  return apart(seed, "turns").oneIn(8);
}

/** Of one source in one attempt. */
interface Part {
  /** Files that no reader has been given. */
  readonly pending: Set<number>;
  /** True when restored splits have come. */
  settled: boolean;
  /** Tells a reader each that it gets no more, when all is read. */
  readonly endings: (() => void)[];
}

interface Reader {
  /** Files that it has still to read to their ends. */
  readonly unread: () => readonly number[];
  readonly wake: () => void;
}

/**
 * Two sources that share the input files read one file after the other, each waiting while the other is at work, long enough to be idle. Files go on
 * in time where the one before ends, so nothing is late, unless somebody is taken for idle, or for active, who is not. Nobody begins before it is
 * known everywhere that the one before was active, and nobody ends before all is read: beside one who counts as idle others would be ahead of it.
 */
export class Turns {
  /** By source. */
  readonly #parts = new Map<number, Part>();
  readonly #sources: number;
  readonly #files: number;
  readonly #readers = new Set<Reader>();
  /** A file has been read to its end, and its last words are on their way. */
  #handsOver = false;

  constructor(sources: number, files: number) {
    this.#sources = sources;
    this.#files = files;
  }

  /** It must wait: a file before it has not been read to its end. */
  waits(path: string): boolean {
    return !this.#isSettled || this.#next < indexOf(path);
  }

  get #isSettled(): boolean {
    const parts = [...this.#parts.values()];
    return parts.length === this.#sources && parts.every(({ settled }) => settled);
  }

  /** The first file that has not been read to its end. */
  get #next(): number {
    const pending = [...this.#parts.values()].flatMap((part) => [...part.pending]);
    return Math.min(...pending, ...[...this.#readers].flatMap(({ unread }) => unread()));
  }

  source<T, S extends SourceSplit>(source: Source<T, S>, index: number): Source<T, S> {
    return {
      ...source,
      // A bounded one that is not told what it gets for so long holds up those behind it.
      boundedness: "unbounded",
      createEnumerator: (context, restored) => {
        const part: Part = { pending: new Set(this.#pendingOf(index, restored)), settled: false, endings: [] };
        this.#parts.set(index, part);
        context.ports.scheduler.after(SETTLING_MS, () => {
          part.settled = true;
          this.#wake();
        });
        const noMoreSplits = (subtask: number): void => {
          part.endings.push(() => context.noMoreSplits(subtask));
          this.#wake();
        };
        return source.createEnumerator({ ...context, noMoreSplits }, restored);
      },
      createReader: (context) => {
        const reader = source.createReader(context);
        /** The file before others first, whatever order they came in. */
        const held: S[] = [];
        let current: S | undefined;
        const next = (): S | undefined => current ?? held[0];
        const own: Reader = {
          unread: () => [...(current === undefined ? [] : [current]), ...held].map(({ path }) => indexOf(String(path))),
          wake: () => context.available(),
        };
        this.#readers.add(own);
        return {
          addSplits: (added) => {
            held.push(...added);
            held.sort((a, b) => indexOf(String(a.path)) - indexOf(String(b.path)));
            for (const { path } of added) this.#parts.get(index)?.pending.delete(indexOf(String(path)));
            context.available();
          },
          noMoreSplits: () => reader.noMoreSplits(),
          poll: (output, limit) => {
            const wanted = next();
            if (wanted !== undefined && (this.#handsOver || this.waits(String(wanted.path)))) return "waiting";
            if (current === undefined && wanted !== undefined) {
              current = held.shift() as S;
              reader.addSplits([current]);
            }
            return reader.poll(
              {
                collect: (splitId, value, timestamp) => output.collect(splitId, value, timestamp),
                side: (name, value) => output.side(name, value),
                splitFinished: (splitId) => {
                  current = undefined;
                  output.splitFinished(splitId);
                  this.#handOver(context.ports.scheduler);
                },
                get stop() {
                  return output.stop || next() !== wanted;
                },
              },
              limit,
            );
          },
          snapshot: () => [...reader.snapshot(), ...held],
          position: () => reader.position(),
          close: () => {
            this.#readers.delete(own);
            return reader.close();
          },
        };
      },
    };
  }

  #handOver(scheduler: Scheduler): void {
    this.#handsOver = true;
    scheduler.after(ARRIVED_MS, () => {
      this.#handsOver = false;
      this.#wake();
    });
  }

  #wake(): void {
    for (const { wake } of this.#readers) wake();
    if (this.#handsOver || !this.#isSettled || this.#next < this.#files) return;
    for (const { endings } of this.#parts.values()) for (const end of endings.splice(0)) end();
  }

  /** Files that no reader has been given up to the checkpoint; those that readers had come back with their splits. */
  #pendingOf(source: number, restored: Json | undefined): number[] {
    const state = restored as { readonly listed: boolean; readonly pending: readonly { readonly path: string }[] } | undefined;
    if (state?.listed === true) return state.pending.map(({ path }) => indexOf(path));
    return Array.from({ length: this.#files }, (_, index) => index).filter((index) => index % this.#sources === source);
  }
}

/** Of a file, or of the split that is all of it. */
function indexOf(path: string): number {
  return Number(/(\d+)\.jsonl$/.exec(path)?.[1] ?? Number.NaN);
}
