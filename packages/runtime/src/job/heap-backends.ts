import { createHeapBackend } from "@millrace/state";
import type { StateBackends } from "./backends.ts";

/** All keyed state in memory; every attempt fills it from the checkpoint. */
export function heapBackends(): StateBackends {
  return {
    prepare: async () => undefined,
    open: async (options) => ({ backend: createHeapBackend(options), filled: false, needsBase: false }),
    markers: () => [],
    close: async () => undefined,
  };
}
