import type { Sink } from "@millrace/contracts";

/** Shows each record to `write`, and keeps none. */
export function watching<T>(name: string, write: (value: T) => void): Sink<T> {
  return {
    name,
    guarantee: "none",
    description: {},
    createWriter: () => ({
      open: async () => {},
      write,
      ready: () => undefined,
      prepare: async () => ({ committables: [], states: [] }),
      close: async () => {},
    }),
  };
}
