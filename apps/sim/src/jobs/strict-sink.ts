import type { Sink } from "millrace";

/** A sink that fails when it is not used as the contract of a writer says. */
export function strict<T>(sink: Sink<T>): Sink<T> {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      let state: "new" | "open" | "ended" | "closed" = "new";
      const expect = (call: string, ...states: (typeof state)[]): void => {
        if (!states.includes(state)) throw new Error(`${call} of a sink's writer that is ${state}`);
      };
      return {
        open: async (states) => {
          expect("open", "new");
          await writer.open(states);
          state = "open";
        },
        write: (value, timestamp) => {
          expect("write", "open");
          writer.write(value, timestamp);
        },
        ready: () => writer.ready(),
        prepare: (checkpointId) => {
          expect("prepare", "open", "ended");
          return writer.prepare(checkpointId);
        },
        committed: (checkpointId) => writer.committed?.(checkpointId),
        endInput: () => {
          expect("endInput", "open");
          state = "ended";
          writer.endInput?.();
        },
        close: () => {
          state = "closed";
          return writer.close();
        },
      };
    },
  };
}
