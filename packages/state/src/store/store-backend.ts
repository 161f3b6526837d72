import type { BackendOptions } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { KeyedBackend } from "../backend/keyed-backend.ts";
import { StoreTier, type StoreTierOptions } from "./store-tier.ts";

export interface StoreBackendOptions extends BackendOptions, StoreTierOptions {
  /** The store holds this operator's state as of the restored checkpoint. */
  readonly filled: boolean;
}

/**
 * A cache in front of the slot's local store. With nothing filled, the store holds nothing of this operator: `restore` writes
 * snapshots into it.
 */
export async function createStoreBackend(options: StoreBackendOptions): Promise<KeyedBackend> {
  let tier: StoreTier | undefined;
  const backend = new KeyedBackend(options, (parts) => {
    tier = new StoreTier(parts, options);
    return tier;
  });
  assert(tier !== undefined, "a backend opens its tier");
  if (options.filled) tier.openFilled();
  return backend;
}
