import type { Source, SourceSplit } from "millrace";
import { apart } from "../world/apart.ts";

type Reader<T, S extends SourceSplit> = ReturnType<Source<T, S>["createReader"]>;

/** Splits that a reader has at a time. */
const WIDTH = 3;
/** Records of one before it is the next one's turn. */
const RUN = 5;

/** Whether readers read several splits at a time. Drawn apart from all else. */
export function drawInterleaved(seed: number): boolean {
  return apart(seed, "interleavedSplits").oneIn(6);
}

/** The source, each of whose readers reads several splits at a time, a few records of each by turns, as one of partitions does. */
export function interleaved<T, S extends SourceSplit>(source: Source<T, S>): Source<T, S> {
  return {
    ...source,
    createReader: (context) => {
      /** One for each split, the one whose turn it is first. */
      const readers: Reader<T, S>[] = [];
      let asked = false;
      let noMore = false;
      let position: string | undefined;
      const closing: Promise<void>[] = [];
      const ask = (): void => {
        if (asked || noMore || readers.length >= WIDTH) return;
        asked = true;
        context.requestSplit();
      };
      return {
        addSplits: (splits) => {
          asked = false;
          for (const split of splits) {
            const reader = source.createReader({ ...context, requestSplit: () => undefined });
            reader.addSplits([split]);
            readers.push(reader);
          }
          context.available();
        },
        noMoreSplits: () => {
          noMore = true;
          context.available();
        },
        poll(output, limit) {
          ask();
          if (readers.length === 0) return noMore ? "ended" : "waiting";
          for (let tried = 0, count = readers.length; tried < count; tried++) {
            const turn = readers.shift() as Reader<T, S>;
            let isFinished = false;
            const status = turn.poll(
              {
                collect: (splitId, value, timestamp) => output.collect(splitId, value, timestamp),
                side: (name, value) => output.side(name, value),
                splitFinished: (splitId) => {
                  isFinished = true;
                  output.splitFinished(splitId);
                },
                get stop() {
                  return output.stop;
                },
              },
              Math.min(limit, RUN),
            );
            position = turn.position();
            if (isFinished) closing.push(turn.close());
            else readers.push(turn);
            if (isFinished || status === "more") return "more";
          }
          return "waiting";
        },
        snapshot: () => readers.flatMap((reader) => reader.snapshot()),
        position: () => position,
        close: async () => {
          await Promise.all([...closing, ...readers.map((reader) => reader.close())]);
        },
      };
    },
  };
}
