import type { BackendOptions, WriteBase } from "@millrace/contracts";
import type { Changes } from "../cells/changes.ts";
import type { Slots } from "../cells/slots.ts";
import type { Table } from "../cells/table.ts";
import type { ColdStore, EntryCounts } from "../cells/table-context.ts";
import type { FileHeader } from "../format/file-header.ts";
import type { KeyScope } from "../keys/key-scope.ts";
import type { StoreDump } from "./backend-snapshot.ts";
import type { RawRecords } from "./raw-records.ts";

/** Where the state of completed checkpoints lies. */
export interface StateTier {
  /** undefined: all state stays in memory. */
  readonly cold: ColdStore | undefined;
  readonly wantsCheckpoint: boolean;
  /** As `KeyedStateBackend.overfull`. */
  readonly overfull: boolean;
  /** Starts copying the last completed checkpoint; undefined when memory holds everything. */
  dump(): StoreDump | undefined;
  /** As `KeyedStateBackend.writeBase`. */
  readonly writeBase?: WriteBase | undefined;
  /** Takes the changes of a completed checkpoint. `header` is absent when there were none to freeze. */
  apply(checkpointId: number, delta: readonly Uint8Array[], header: FileHeader | undefined): Promise<void>;
  /** Called when the changes of a completed checkpoint need no longer stay in memory. */
  applied(): void;
  /** Takes in files; what has to be in memory goes to the raw records. */
  restore(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Some keys of records of entries that lie behind the memory, in order from behind `after` on; empty at the end. */
  readonly keysAfter?: (after: Uint8Array | undefined) => Promise<readonly Uint8Array[]>;
  /** Keys of the records of one state's entries that lie behind the memory; good until the next step. Nothing may be waited for meanwhile. */
  readonly recordKeys?: (stateId: number) => Iterable<Uint8Array>;
  close(): Promise<void>;
}

/** What a tier may know of its backend. */
export interface TierParts {
  readonly options: BackendOptions;
  readonly scope: KeyScope;
  readonly slots: Slots;
  readonly changes: Changes;
  readonly counts: EntryCounts;
  readonly raw: RawRecords;
  readonly tables: () => Iterable<Table<unknown>>;
}

export type OpenTier = (parts: TierParts) => StateTier;
