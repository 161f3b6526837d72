export { createHeapBackend } from "./backend/heap-backend.ts";
export type { KeyedBackend } from "./backend/keyed-backend.ts";
export type { ChainTask, ChainWork } from "./chains/chain-work.ts";
export { verifiedValue } from "./format/checksum.ts";
export { type FileHeader, readHeader, STATE_FORMAT_VERSION, type StateEntry } from "./format/file-header.ts";
export {
  keyGroupOfRecord,
  RECORD_HEAD_BYTES,
  type RecordForm,
  type RecordHead,
  readRecordHead,
  recordForms,
  stateIdOf,
  writeRecordHead,
} from "./format/record-key.ts";
export { RecordParser, type RecordVisitor } from "./format/record-parser.ts";
export { RecordWriter } from "./format/record-writer.ts";
export { migrateRecords } from "./migration/migrate-records.ts";
export type { DroppedState, RecordMigration, RewrittenState, StateMigration, TtlRewrite, ValueRewrite } from "./migration/record-migration.ts";
export { LocalStore, type LocalStoreOptions } from "./runs/local-store.ts";
export { readStoreMarker, type StoreMarker } from "./runs/store-manifest.ts";
export type { StoredRecord, StoreSnapshot } from "./runs/store-snapshot.ts";
export type { FileSum, StoreWork } from "./runs/store-work.ts";
export { workHere } from "./runs/work-here.ts";
export type { StoreBackendOptions } from "./store/store-backend.ts";
export { createStoreBackend } from "./store/store-backend.ts";
export { BucketOrder, HeapOrder, type TimerOrder } from "./timers/timer-order.ts";
export { type TimerOrderKind, TimerQueue } from "./timers/timer-queue.ts";
