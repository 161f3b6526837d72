import type { Sink } from "@millrace/contracts";

/** Takes records and forgets them. Guarantee "none": there is nothing to guarantee. */
export function discard<T>(): Sink<T> {
  return {
    name: "discard",
    guarantee: "none",
    description: {},
    createWriter: () => ({
      open: async () => {},
      write: () => {},
      ready: () => undefined,
      prepare: async () => ({ committables: [], states: [] }),
      close: async () => {},
    }),
  };
}
