import type { Source, SourceSplit } from "millrace";
import type { Reading } from "../jobs/reading.ts";
import { ReaderFrontier } from "./frontier.ts";

/** Who decides when readers hold still. */
export interface Conductor {
  readonly disorderMs: number;
  /** The source says that it never ends, though it does. */
  readonly live: boolean;
  /** Its readers hold back single splits that are ahead of their alignment group. */
  readonly pausesSplits: boolean;
  readingsOf(split: SourceSplit): readonly Reading[];
  /** A reader of a new attempt, or of one that is being deployed. */
  opened(reader: WatchedReader): void;
  closed(reader: WatchedReader): void;
  /** A record has been handed over. */
  collected(): void;
  /** A reader that has something to read is about to be read on. */
  polled(reader: WatchedReader): void;
  /** Asked by readers that have something to read. */
  holdsStill(): boolean;
}

export interface WatchedReader {
  /** It is another one's turn: it becomes idle, and holds nobody back. */
  readonly waits: boolean;
  readonly frontier: ReaderFrontier;
  /** There may be something to poll again. */
  readonly wake: () => void;
}

/** The source, of which it is known how far each reader has come, and whose readers hold still when the conductor wants it. */
export function watchedSource<S extends SourceSplit>(
  source: Source<Reading, S>,
  waits: (split: string) => boolean,
  conductor: Conductor,
): Source<Reading, S> {
  return {
    ...source,
    boundedness: conductor.live ? "unbounded" : source.boundedness,
    createReader: (context) => {
      const reader = source.createReader(context);
      const frontier = new ReaderFrontier(conductor.disorderMs);
      const watched: WatchedReader = {
        frontier,
        wake: () => context.available(),
        get waits() {
          return !frontier.isEmpty && frontier.splits.every(waits);
        },
      };
      // One that has nothing to read goes on, so that it hears of a split, or of the end.
      const holdsStill = (): boolean => !frontier.isEmpty && conductor.holdsStill();
      let paused: ReadonlySet<string> = new Set();
      const pause = (ids: ReadonlySet<string>): void => {
        paused = ids;
        context.available();
      };
      conductor.opened(watched);
      return {
        addSplits(splits) {
          for (const split of splits) frontier.add(split.id, conductor.readingsOf(split), Number(split.records));
          reader.addSplits(splits);
        },
        noMoreSplits: () => reader.noMoreSplits(),
        ...(conductor.pausesSplits ? { pauseSplits: pause } : {}),
        poll(output, limit) {
          if (holdsStill() || paused.has(frontier.current ?? "")) return "waiting";
          if (!frontier.isEmpty) conductor.polled(watched);
          return reader.poll(
            {
              collect(splitId, value, timestamp) {
                frontier.collected(splitId);
                conductor.collected();
                output.collect(splitId, value, timestamp);
              },
              side: (name, value) => output.side(name, value),
              splitFinished(splitId) {
                frontier.finished(splitId);
                output.splitFinished(splitId);
              },
              get stop() {
                return output.stop || holdsStill();
              },
            },
            limit,
          );
        },
        snapshot: () => reader.snapshot(),
        position: () => reader.position(),
        close() {
          conductor.closed(watched);
          return reader.close();
        },
      };
    },
  };
}
