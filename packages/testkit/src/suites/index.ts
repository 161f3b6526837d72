export { type CheckpointStorageCase, checkpointStorageSuite, type StoredFile } from "./checkpoint-storage-suite.ts";
export type { KeyedStateSubject } from "./keyed-state/subject.ts";
export { keyedStateSuite } from "./keyed-state-suite.ts";
export { type SinkCase, sinkSuite } from "./sink-suite.ts";
export { type SourceCase, sourceSuite } from "./source-suite.ts";
