import type { Source, SourceSplit } from "millrace";
import type { Pace } from "./paced-sink.ts";

/**
 * A source that hands over a few records at a time, so that checkpoints and misfortunes come in the middle of its input; its
 * enumerator takes as long to answer, so that splits are dealt at any moment of a checkpoint.
 */
export function pacedSource<T, S extends SourceSplit>(source: Source<T, S>, { records, pauseMs }: Pace): Source<T, S> {
  return {
    ...source,
    createEnumerator: (context, restored) => {
      const enumerator = source.createEnumerator(context, restored);
      let open = true;
      return {
        start: () => enumerator.start(),
        requestSplit(subtask) {
          context.ports.scheduler.after(pauseMs >> 2, () => {
            if (open) enumerator.requestSplit(subtask);
          });
        },
        snapshot: () => enumerator.snapshot(),
        close() {
          open = false;
          return enumerator.close();
        },
      };
    },
    createReader: (context) => {
      let pausing = false;
      const reader = source.createReader(context);
      const pause = (): void => {
        pausing = true;
        context.ports.scheduler.after(pauseMs, () => {
          pausing = false;
          context.available();
        });
      };
      return {
        addSplits: (splits) => reader.addSplits(splits),
        noMoreSplits: () => reader.noMoreSplits(),
        poll(output, limit) {
          if (pausing) return "waiting";
          const status = reader.poll(output, Math.min(limit, records));
          if (status !== "more") return status;
          pause();
          return "waiting";
        },
        snapshot: () => reader.snapshot(),
        position: () => reader.position(),
        close: () => reader.close(),
      };
    },
  };
}
