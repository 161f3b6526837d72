import { discard, type Sink, type SinkWriter } from "millrace";

/** A sink that lets a few records through at a time, so that a job can be stopped in the middle. */
export function slowed<T>(sink: Sink<T>, pauseMs = 1): Sink<T> {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      let room = 16;
      return {
        ...callsOf(writer),
        write: (value, timestamp) => {
          room--;
          writer.write(value, timestamp);
        },
        ready: () => {
          if (room > 0) return writer.ready();
          return pause(pauseMs).then(() => {
            room = 16;
          });
        },
      };
    },
  };
}

/** Takes everything, and its checkpoints wait for what `before` says. */
export function preparing<T>(before: () => Promise<void>): Sink<T> {
  const sink = discard<T>();
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return { ...callsOf(writer), prepare: (checkpointId) => before().then(() => writer.prepare(checkpointId)) };
    },
  };
}

export function callsOf<T>(writer: SinkWriter<T>): SinkWriter<T> {
  return {
    open: (states) => writer.open(states),
    write: (value, timestamp) => writer.write(value, timestamp),
    ready: () => writer.ready(),
    prepare: (checkpointId) => writer.prepare(checkpointId),
    endInput: () => writer.endInput?.(),
    close: () => writer.close(),
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
