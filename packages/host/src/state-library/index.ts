export type { EntryFilter, EntryKind, SnapshotEntry, SnapshotReader, StateEdit, StateEditor, StateLayout } from "@millrace/snapshots";
export { compareSnapshots, editState, entryToJson, inspectSnapshot, valueToJson } from "@millrace/snapshots";
export type { BootstrapOptions, StateLibraryOptions, TransformOptions, WrittenSavepoint } from "./state-library.ts";
export { bootstrapSavepoint, openSnapshot, transformSavepoint } from "./state-library.ts";
