import type { BackendOptions, KeyedStateBackend } from "@millrace/contracts";
import { CellBackend } from "./backend.ts";

/** All state in memory; checkpoints alone make it durable. `checkpoints: false`: none will be taken, and changes are not remembered for one. */
export function createHeapBackend(options: BackendOptions, { checkpoints = true }: { readonly checkpoints?: boolean } = {}): KeyedStateBackend {
  return new CellBackend(options, undefined, checkpoints);
}
