import { createHeapBackend } from "@millrace/state";
import type { StateBackends } from "./backends.ts";

/** All keyed state in memory; every attempt fills it from the checkpoint. */
export function heapBackends(options: { readonly checkpoints: boolean }): StateBackends {
  return {
    prepare: async () => undefined,
    open: async (place) => ({ backend: createHeapBackend(place, options), filled: false, needsBase: false }),
    markers: () => [],
    close: async () => undefined,
  };
}
