import type { BackendOptions } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { KeyedBackend } from "../backend/keyed-backend.ts";
import { LevelTier, type LevelTierOptions } from "./level-tier.ts";

export interface LevelBackendOptions extends BackendOptions, LevelTierOptions {
  /** The store holds this operator's state as of the restored checkpoint. */
  readonly filled: boolean;
}

/**
 * A cache in front of the slot's local store. Opening it reads timers and the keys of windows only. With nothing filled, the
 * store holds nothing of this operator: `restore` writes snapshots into it.
 */
export async function createLevelBackend(options: LevelBackendOptions): Promise<KeyedBackend> {
  let tier: LevelTier | undefined;
  const backend = new KeyedBackend(options, (parts) => {
    tier = new LevelTier(parts, options);
    return tier;
  });
  assert(tier !== undefined, "a backend opens its tier");
  if (options.filled) await tier.openFilled();
  return backend;
}
