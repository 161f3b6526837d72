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
export type { ForcedCheckpoint, TriggerDecision, TriggerFacts, TriggerSettings } from "./protocol/trigger.ts";
export { decideTrigger } from "./protocol/trigger.ts";
export type { FileCheckpointStorageOptions } from "./storage/file-storage.ts";
export { createFileCheckpointStorage } from "./storage/file-storage.ts";
export { dataFilesOf, MANIFEST_FORMAT_VERSION } from "./storage/manifest-text.ts";
export type { DataFileIdentity } from "./storage/names.ts";
export { dataFileName, manifestName } from "./storage/names.ts";
