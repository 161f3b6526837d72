import type { DataFile, KeyedSnapshot } from "@millrace/contracts";
import { type FileHeader, RecordParser, readHeader, type StateEntry } from "@millrace/state";

/** Reads data files of one snapshot. */
export interface DataReader {
  readData(file: DataFile): AsyncIterable<Uint8Array>;
}

/** What the headers of an operator's files say together. */
export interface OperatorHeader {
  /** As `keyKind`; undefined: no key has been seen. */
  readonly keyKind: string | undefined;
  /** In the order of their names. */
  readonly states: readonly StateEntry[];
}

/** Reads the headers of all files of an operator, and no more of them. Throws STATE_CORRUPT. */
export async function readOperatorHeader(data: DataReader, parts: readonly KeyedSnapshot[]): Promise<OperatorHeader> {
  let keyKind: string | undefined;
  const states = new Map<string, StateEntry>();
  for (const { files } of parts) {
    for (const file of files) {
      const header = await readFileHeader(data, file);
      if (header === undefined) continue;
      keyKind = header.keyKind ?? keyKind;
      for (const state of header.states) states.set(state.name, state);
    }
  }
  return { keyKind, states: [...states.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** A header is short and a chunk may be long: so much of it is looked at first. */
const HEAD_BYTES = 16 << 10;

/** undefined: the file begins with another record. */
async function readFileHeader(data: DataReader, file: DataFile): Promise<FileHeader | undefined> {
  let header: FileHeader | undefined;
  let first = true;
  const parser = new RecordParser((key, stored) => {
    if (first && key.length === 0) header = readHeader(stored);
    first = false;
  });
  for await (const chunk of data.readData(file)) {
    for (let at = 0; at < chunk.length && first; at += HEAD_BYTES) parser.push(chunk.subarray(at, at + HEAD_BYTES));
    if (!first) break;
  }
  return header;
}
