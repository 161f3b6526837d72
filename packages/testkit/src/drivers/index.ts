export { FaultyFiles, type FileOperation, fault } from "./faulty-files.ts";
export { type Patience, patience } from "./patience.ts";
export { type SinkCheckpoint, SinkDriver, type SinkDriverOptions } from "./sink-driver.ts";
export { type SideRecord, type SourceCheckpoint, SourceDriver, type SourceDriverOptions, type SourceRecord } from "./source-driver.ts";
