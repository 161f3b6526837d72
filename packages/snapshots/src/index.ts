export { compareSnapshots } from "./compare/compare-snapshots.ts";
export type { StateDifference } from "./compare/tally.ts";
export type { StateEdit, StateEditor } from "./edit/edit-state.ts";
export { editState } from "./edit/edit-state.ts";
export type { BootstrapOptions, SavepointChanges } from "./edit/transform-savepoint.ts";
export { bootstrapSavepoint, transformSavepoint } from "./edit/transform-savepoint.ts";
export type {
  KeyedInspection,
  OperatorInspection,
  OperatorStateInspection,
  SnapshotInspection,
  StateInspection,
} from "./inspect/inspect-snapshot.ts";
export { inspectSnapshot } from "./inspect/inspect-snapshot.ts";
export { entryToJson, valueToJson } from "./read/entry-json.ts";
export type { OperatorStateEntry, OperatorStateLayout } from "./read/operator-state.ts";
export type { SnapshotEntry } from "./read/snapshot-entry.ts";
export type { EntryFilter } from "./read/snapshot-reader.ts";
export { openSnapshotReader, SnapshotReader } from "./read/snapshot-reader.ts";
export type { EntryKind, StateLayout } from "./read/state-layout.ts";
export type { DataReader } from "./records/headers.ts";
export type { Scratch } from "./records/sorted-records.ts";
export type { SavepointSource, SavepointTarget, WrittenSavepoint } from "./savepoint/write-savepoint.ts";
export { writeSavepoint } from "./savepoint/write-savepoint.ts";
