import type { BackendOptions, KeyedStateBackend } from "@millrace/contracts";
import { CellBackend } from "./backend.ts";

/** All state in memory; checkpoints alone make it durable. */
export function createHeapBackend(options: BackendOptions): KeyedStateBackend {
  return new CellBackend(options, undefined);
}
