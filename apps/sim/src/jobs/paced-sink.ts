import type { Sink } from "millrace";

export interface Pace {
  /** Records between two pauses. */
  readonly records: number;
  readonly pauseMs: number;
}

/** A sink that takes its time, so that a job of few records has a long life, with back pressure up to its source. */
export function paced<T>(sink: Sink<T>, { records, pauseMs }: Pace): Sink<T> {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      let room = records;
      return {
        open: (states) => writer.open(states),
        prepare: (checkpointId) => writer.prepare(checkpointId),
        endInput: () => writer.endInput?.(),
        close: () => writer.close(),
        write: (value, timestamp) => {
          room--;
          writer.write(value, timestamp);
        },
        ready: () => {
          if (room > 0) return writer.ready();
          return new Promise<void>((resolve) => context.ports.scheduler.after(pauseMs, resolve)).then(() => {
            room = records;
            return writer.ready();
          });
        },
      };
    },
  };
}
