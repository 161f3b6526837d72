import { createFileCheckpointStorage, dataFileName } from "@millrace/checkpoint";
import type { CheckpointStorage, DataFile } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { type FileHeader, readHeader, writeHeader } from "../../src/format/file-header.ts";
import { RecordParser } from "../../src/format/record-parser.ts";
import { RecordWriter } from "../../src/format/record-writer.ts";
import { type Change, type Contents, framesOf, KEY_GROUPS, keyOf, textOf } from "../records.ts";

export const checkpoints = "/state/checkpoints";

export function headerOf(checkpointId: number, distinct: boolean): FileHeader {
  const header = { formatVersion: 1, uid: "op", checkpointId, keyGroups: KEY_GROUPS, entries: 0, states: [] };
  return distinct ? { ...header, distinct } : header;
}

export function storageOn(files: Files): CheckpointStorage {
  return createFileCheckpointStorage({ files, directory: checkpoints });
}

/** Writes a file of a chain, whose changes come in the order given. */
export function writeFile(storage: CheckpointStorage, checkpointId: number, changes: readonly Change[], distinct = false): Promise<DataFile> {
  const writer = new RecordWriter();
  writeHeader(writer, headerOf(checkpointId, distinct));
  const name = dataFileName({ uid: "op", subtask: 0, checkpointId, kind: distinct ? "base" : "delta" });
  return storage.writeData(name, [...writer.finish(), ...framesOf(changes)]);
}

/** What a base holds. Throws when a key stands in it twice, or a tombstone. */
export function readBase(bytes: Uint8Array): { readonly header: FileHeader; readonly contents: Contents } {
  let header: FileHeader | undefined;
  const contents: Contents = new Map();
  const parser = new RecordParser((key, stored) => {
    if (key.length === 0) {
      if (header !== undefined) throw new Error("a second header");
      header = readHeader(stored);
      return;
    }
    const text = keyOf(key);
    if (header === undefined || stored === undefined || contents.has(text)) throw new Error(`${text} is not as it should be`);
    contents.set(text, textOf(stored));
  });
  parser.push(bytes);
  parser.end();
  if (header === undefined) throw new Error("no header");
  return { header, contents };
}
