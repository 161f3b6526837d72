import type { BackendOptions, WriteBase } from "@millrace/contracts";
import { readHeader } from "../format/file-header.ts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { parseRecords } from "../format/record-parser.ts";
import { KeyedBackend } from "./keyed-backend.ts";
import type { StateTier, TierParts } from "./state-tier.ts";

export interface HeapBackendOptions {
  /** False: none will be taken, and changes are not remembered for one. Default true. */
  readonly checkpoints?: boolean;
  /** Makes new bases from the files of checkpoints. Absent: bases come from memory, as parts of checkpoints. */
  readonly writeBase?: WriteBase | undefined;
}

/** Keyed state that lives in memory alone; snapshots are all that outlives it. */
export function createHeapBackend(options: BackendOptions, { checkpoints = true, writeBase }: HeapBackendOptions = {}): KeyedBackend {
  return new KeyedBackend(options, (parts) => heapTier(parts, writeBase), checkpoints);
}

function heapTier({ options, scope, raw }: TierParts, writeBase: WriteBase | undefined): StateTier {
  const { start, end } = options.keyGroups;
  return {
    writeBase,
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
