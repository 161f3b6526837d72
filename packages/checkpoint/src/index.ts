export type { ChainFacts } from "./protocol/base.ts";
export { DELTAS_MAX, decideBase } from "./protocol/base.ts";
export type { CheckpointFailureDecision, CheckpointFailureFacts } from "./protocol/failures.ts";
export { decideAfterAbort } from "./protocol/failures.ts";
export type { CheckpointIdentity } from "./protocol/lineage.ts";
export { ancestryOf, identityOf, sameCheckpoint } from "./protocol/lineage.ts";
export type { ChainFile, LocalMarker, LocalStoreDecision, LocalStoreFacts, RebuildReason } from "./protocol/local-store.ts";
export { decideLocalStore } from "./protocol/local-store.ts";
export type {
  AbortReason,
  Acknowledgement,
  CheckpointStart,
  PendingCheckpoint,
  PendingDecision,
  PendingPhase,
  PendingStep,
  TaskId,
} from "./protocol/pending-checkpoint.ts";
export {
  beginCheckpoint,
  onAck,
  onDecline,
  onInterrupted,
  onManifestFailed,
  onManifestWritten,
  onTaskFinished,
  onTimeout,
} from "./protocol/pending-checkpoint.ts";
export type { RedistributedState, Redistribution } from "./protocol/redistribution.ts";
export { redistribute } from "./protocol/redistribution.ts";
export type { JobFailure, RestartDecision, RestartHistory, RestartStrategy } from "./protocol/restart.ts";
export { decideRestart, defaultRestartStrategy, failureOf, noRestarts, runEnding } from "./protocol/restart.ts";
export type {
  ReadableCandidate,
  RestoreCandidate,
  RestoreDecision,
  RestoreFacts,
  SkippedCheckpoint,
  UnreadableCandidate,
} from "./protocol/restore.ts";
export { decideRestore } from "./protocol/restore.ts";
export type { RetentionDecision, RetentionFacts } from "./protocol/retention.ts";
export { decideRetention } from "./protocol/retention.ts";
export type { ForcedCheckpoint, TriggerDecision, TriggerFacts, TriggerSettings } from "./protocol/trigger.ts";
export { decideTrigger } from "./protocol/trigger.ts";
export type { StoreFacts } from "./protocol/unproven-files.ts";
export { chainFile, filesRead, hasOtherLayout } from "./protocol/unproven-files.ts";
export type { SnapshotFiles } from "./savepoint/open-snapshot.ts";
export { openSnapshot } from "./savepoint/open-snapshot.ts";
export { savepointName } from "./savepoint/savepoint-names.ts";
export type { SavepointWriter } from "./savepoint/savepoint-writer.ts";
export { beginSavepoint, refuseOccupied } from "./savepoint/savepoint-writer.ts";
export type { FileCheckpointStorageOptions } from "./storage/file-storage.ts";
export { createFileCheckpointStorage } from "./storage/file-storage.ts";
export { dataFilesOf, keyedPartsOf, MANIFEST_FORMAT_VERSION } from "./storage/manifest-text.ts";
export type { DataFileIdentity } from "./storage/names.ts";
export { dataFileName, manifestName, parseDataFileName, savepointFileName } from "./storage/names.ts";
export { isCorrupt, takenIn } from "./storage/taken-in.ts";
