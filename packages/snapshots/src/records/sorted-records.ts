import type { KeyedSnapshot } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { keyGroupOfRecord, LocalStore, readHeader, type StoredRecord, workHere } from "@millrace/state";
import type { DataReader } from "./headers.ts";
import { recordsOfFile } from "./record-batch.ts";

/** Where records are sorted that are too many for the memory. */
export interface Scratch {
  readonly files: Files;
  /** A directory of its own on a local disk; it is made when it is needed, and removed afterwards. */
  readonly directory: string;
  /** Files with more bytes than this together are sorted on disk. */
  readonly memoryBytesMax: number;
}

const BATCH = 256;

/**
 * The records of one part of an operator's keyed state: base and deltas merged, none twice, no tombstones, in the order of
 * their keys' bytes; those outside the part's key groups are left out. Memory is bounded. Throws what reading throws, and
 * STATE_CORRUPT.
 */
export async function* sortedRecords(data: DataReader, part: KeyedSnapshot, scratch: Scratch): AsyncGenerator<readonly StoredRecord[]> {
  const bytes = part.files.reduce((sum, file) => sum + file.bytes, 0);
  yield* bytes <= scratch.memoryBytesMax ? sortedInMemory(data, part) : sortedOnDisk(data, part, scratch);
}

async function* sortedInMemory(data: DataReader, { files, keyGroups }: KeyedSnapshot): AsyncGenerator<readonly StoredRecord[]> {
  const records = new Map<string, StoredRecord>();
  for (const file of files) {
    for await (const batch of recordsOfFile(data.readData(file))) {
      for (const [key, stored] of batch) {
        if (key.length === 0) continue;
        const keyGroup = keyGroupOfRecord(key);
        if (keyGroup < keyGroups.start || keyGroup > keyGroups.end) continue;
        const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
        if (stored === undefined) records.delete(text);
        else records.set(text, [key, stored]);
      }
    }
  }
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, record]) => record);
  for (let at = 0; at < sorted.length; at += BATCH) yield sorted.slice(at, at + BATCH);
}

/** The name under which a scratch store keeps records; any will do. */
const SCRATCH_UID = "scratch";

async function* sortedOnDisk(data: DataReader, { files, keyGroups }: KeyedSnapshot, scratch: Scratch): AsyncGenerator<readonly StoredRecord[]> {
  await using scratchStore = await openScratch(scratch);
  for (const file of files) await scratchStore.store.apply(SCRATCH_UID, data.readData(file), { keyGroups, onHeader: readHeader });
  const snapshot = scratchStore.store.snapshot();
  try {
    yield* snapshot.records(SCRATCH_UID);
  } finally {
    await snapshot.close();
  }
}

interface ScratchStore extends AsyncDisposable {
  readonly store: LocalStore;
}

let scratches = 0;

/** A store that is gone when it is disposed of. */
async function openScratch({ files, directory }: Scratch): Promise<ScratchStore> {
  const path = `${directory}/sort-${++scratches}`;
  await files.makeDirectory(directory, 0o700);
  const store = await LocalStore.open(path, { files, work: workHere(files) });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await files.remove(path);
      if ((await files.list(directory)).length === 0) await files.remove(directory);
    },
  };
}
