import { createWriter } from "@millrace/codec";
import type { KeyGroupRange } from "@millrace/contracts";
import { ClassicLevel } from "classic-level";
import { encodeHeader, type FileHeader } from "../format/file-header.ts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { RecordParser } from "../format/record-parser.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { joinedKey, markerKey, metaKey, operatorPrefix } from "./store-keys.ts";
import { headerOf, markerOf, type StoreMarker } from "./store-marker.ts";
import { StoreSnapshot } from "./store-snapshot.ts";
import { type Level, StoreWriter } from "./store-writer.ts";

const SCAN_MIN = 8;
const SCAN_MAX = 1024;

/**
 * The local store of one slot: a LevelDB that holds exactly a completed checkpoint (law S3), shared by the slot's
 * operators. Values carry a checksum; one that doesn't fit throws STATE_CORRUPT, and the store has to be rebuilt. Data is
 * written with fsync in batches of at most `limits.storeBatchBytesMax`, so that a marker on disk means that what was written
 * before it is on disk.
 */
export class LocalStore {
  readonly #level: Level;

  private constructor(level: Level) {
    this.#level = level;
  }

  /** `cacheBytes`: LevelDB's own cache of blocks. */
  static async open(path: string, cacheBytes: number): Promise<LocalStore> {
    const level: Level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
      keyEncoding: "view",
      valueEncoding: "view",
      cacheSize: cacheBytes,
      compression: false,
    });
    await level.open();
    return new LocalStore(level);
  }

  /** undefined: the store is empty, or does not say what it holds. */
  marker(): StoreMarker | undefined {
    return markerOf(this.#level.getSync(markerKey));
  }

  async setMarker(marker: StoreMarker): Promise<void> {
    await this.#level.put(markerKey, sealed(new TextEncoder().encode(JSON.stringify(marker))), { sync: true });
  }

  /** The value of a record with its checksum. `fullKey` begins with the operator's prefix. */
  get(fullKey: Uint8Array): Uint8Array | undefined {
    return this.#level.getSync(fullKey);
  }

  /** The header of the newest file that was applied for an operator. */
  header(uid: string): FileHeader | undefined {
    return headerOf(this.#level.getSync(metaKey(operatorPrefix(uid))));
  }

  async setHeader(uid: string, header: FileHeader): Promise<void> {
    await this.#level.put(metaKey(operatorPrefix(uid)), sealed(encodeHeader(header)), { sync: true });
  }

  /**
   * Writes the records of files, oldest first. They are absolute, so doing it again changes nothing. Those outside `keyGroups`
   * are left out; `onHeader` is told of each file's header, which is kept unless there are key groups to leave out.
   */
  async apply(
    uid: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    only?: { readonly keyGroups: KeyGroupRange; readonly onHeader: (stored: Uint8Array | undefined) => void },
  ): Promise<void> {
    const prefix = operatorPrefix(uid);
    const writer = new StoreWriter(this.#level);
    const fullKey = createWriter(prefix.length + 64);
    fullKey.raw(prefix);
    const parser = new RecordParser((key, stored) => {
      if (key.length === 0) {
        if (only !== undefined) only.onHeader(stored);
        else if (stored !== undefined) writer.put(metaKey(prefix), stored);
        return;
      }
      const keyGroup = keyGroupOfRecord(key);
      if (only !== undefined && (keyGroup < only.keyGroups.start || keyGroup > only.keyGroups.end)) return;
      fullKey.truncate(prefix.length);
      fullKey.raw(key);
      if (stored === undefined) writer.delete(fullKey.view());
      else writer.put(fullKey.view(), stored);
    });
    for await (const chunk of chunks) {
      for (const piece of pieces(chunk)) {
        parser.push(piece);
        await writer.breathe();
      }
    }
    parser.end();
    await writer.finish();
  }

  /**
   * The record keys of an operator whose form lies from `from` up to `upTo`, in batches; other forms are skipped. They come in
   * the order of their bytes, from behind `after` on.
   */
  async *recordKeys(uid: string, from: number, upTo: number, after?: Uint8Array): AsyncGenerator<readonly Uint8Array[]> {
    const prefix = operatorPrefix(uid);
    const start = after === undefined ? { gte: prefix } : { gt: joinedKey(prefix, after) };
    const iterator = this.#level.keys({ ...start, lt: metaKey(prefix), fillCache: false });
    try {
      let size = SCAN_MIN;
      for (;;) {
        const keys = await iterator.nextv(size);
        if (keys.length === 0) return;
        const other = keys.findIndex((key) => !isOfForm(key, prefix.length, from, upTo));
        const wanted = other < 0 ? keys : keys.slice(0, other);
        if (wanted.length > 0) yield wanted.map((key) => key.subarray(prefix.length));
        size = other < 0 ? Math.min(size * 2, SCAN_MAX) : SCAN_MIN;
        const skipped = keys[other];
        if (skipped !== undefined) iterator.seek(nextOfForm(skipped, prefix, from));
      }
    } finally {
      await iterator.close();
    }
  }

  /** The store as it is now. Close it. */
  snapshot(): StoreSnapshot {
    return new StoreSnapshot(this.#level);
  }

  async clear(): Promise<void> {
    await this.#level.clear();
  }

  close(): Promise<void> {
    return this.#level.close();
  }
}

/** A value under a key of the store's own. */
function sealed(value: Uint8Array): Uint8Array {
  const writer = new RecordWriter();
  return writer.seal(value);
}

/** Large chunks in pieces, so that a store can take a breath between them. */
function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  const pieceBytes = 4 << 10;
  for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
}

function isOfForm(key: Uint8Array, prefixBytes: number, from: number, upTo: number): boolean {
  const form = key[prefixBytes + 2] ?? 0;
  return form >= from && form <= upTo;
}

/** Where the records of the form `from` may go on, in the key group of a key of another form or in the next. */
function nextOfForm(key: Uint8Array, prefix: Uint8Array, from: number): Uint8Array {
  const keyGroup = keyGroupOfRecord(key, prefix.length);
  const writer = createWriter(prefix.length + 3);
  writer.raw(prefix);
  writer.u16be((key[prefix.length + 2] ?? 0) < from ? keyGroup : keyGroup + 1);
  writer.u8(from);
  return writer.slice();
}
