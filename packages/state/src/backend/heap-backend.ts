import type { BackendOptions } from "@millrace/contracts";
import { readHeader } from "../format/file-header.ts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { parseRecords } from "../format/record-parser.ts";
import { KeyedBackend } from "./keyed-backend.ts";
import type { StateTier, TierParts } from "./state-tier.ts";

/**
 * Keyed state that lives in memory alone; snapshots are all that outlives it. `checkpoints` false: none will be taken, and
 * changes are not remembered for one.
 */
export function createHeapBackend(options: BackendOptions, { checkpoints = true }: { readonly checkpoints?: boolean } = {}): KeyedBackend {
  return new KeyedBackend(options, heapTier, checkpoints);
}

function heapTier({ options, scope, raw }: TierParts): StateTier {
  const { start, end } = options.keyGroups;
  return {
    cold: undefined,
    wantsCheckpoint: false,
    overfull: false,
    dump: () => undefined,
    apply: () => Promise.resolve(),
    applied() {},
    restore: (chunks) =>
      parseRecords(chunks, (key, stored) => {
        if (key.length === 0) {
          const header = readHeader(stored);
          if (header.keyKind !== undefined) scope.adoptKind(header.keyKind);
          raw.learn(header);
          return;
        }
        const keyGroup = keyGroupOfRecord(key);
        if (keyGroup < start || keyGroup > end) return;
        if (stored === undefined) raw.remove(key);
        else raw.add(key, stored);
      }),
    close: () => Promise.resolve(),
  };
}
