export type { DataReader, OperatorHeader } from "./records/headers.ts";
export type { Scratch } from "./records/sorted-records.ts";
export type { SavepointSource, SavepointTarget, WrittenSavepoint } from "./savepoint/write-savepoint.ts";
export { writeSavepoint } from "./savepoint/write-savepoint.ts";
