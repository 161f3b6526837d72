import { crc32 } from "node:zlib";
import { type Json, limits, MillraceError } from "@millrace/core";
import { ClassicLevel } from "classic-level";
import { readRecords, type StateRecord } from "../records.ts";

type Operation = { type: "put"; key: Uint8Array; value: Uint8Array } | { type: "del"; key: Uint8Array };

/** What a store says it holds: exactly a checkpoint (`applied`), or its parent with part of it written over (`applying`). */
export interface StoreMarker {
  readonly kind: "applied" | "applying";
  /** The checkpoint's identity, as the caller writes it. */
  readonly checkpoint: Json;
}

const markerKey = new TextEncoder().encode("!marker");
const operationsPerBatch = 1000;

/**
 * The local store of one slot: a LevelDB that holds exactly a completed checkpoint (law S3). The keys of an operator
 * begin with its uid. Every value carries a CRC-32; one that does not match throws STATE_CORRUPT, and the store has to be
 * rebuilt from the checkpoint.
 */
export class LocalStore {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>;

  private constructor(db: ClassicLevel<Uint8Array, Uint8Array>) {
    this.#db = db;
  }

  static async open(path: string, cacheBytes: number): Promise<LocalStore> {
    const db = new ClassicLevel<Uint8Array, Uint8Array>(path, {
      keyEncoding: "view",
      valueEncoding: "view",
      cacheSize: cacheBytes,
      compression: false,
    });
    await db.open();
    return new LocalStore(db);
  }

  /** undefined: the store is empty, or does not say what it holds. */
  marker(): StoreMarker | undefined {
    const bytes = this.#db.getSync(markerKey);
    if (bytes === undefined) return undefined;
    try {
      return JSON.parse(new TextDecoder().decode(unsealed(bytes))) as StoreMarker;
    } catch {
      return undefined;
    }
  }

  async setMarker(marker: StoreMarker): Promise<void> {
    await this.#db.batch([{ type: "put", key: markerKey, value: sealed(new TextEncoder().encode(JSON.stringify(marker))) }], { sync: true });
  }

  get(uid: string, key: Uint8Array): Uint8Array | undefined {
    const bytes = this.#db.getSync(fullKey(prefixOf(uid), key));
    return bytes === undefined ? undefined : unsealed(bytes);
  }

  /** Writes records in bounded batches. They are absolute, so doing it again changes nothing. */
  async apply(uid: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const prefix = prefixOf(uid);
    let operations: Operation[] = [];
    let bytes = 0;
    for await (const { key, value } of readRecords(chunks)) {
      const full = fullKey(prefix, key);
      operations.push(value === undefined ? { type: "del", key: full } : { type: "put", key: full, value: sealed(value) });
      bytes += key.length + (value?.length ?? 0);
      if (operations.length >= operationsPerBatch || bytes >= limits.storeBatchBytesMax) {
        await this.#db.batch(operations);
        operations = [];
        bytes = 0;
      }
    }
    if (operations.length > 0) await this.#db.batch(operations);
  }

  /** Keys of an operator's tables of one kind, without values. */
  async *keys(uid: string, kind: "n" | "t"): AsyncIterable<Uint8Array> {
    const prefix = prefixOf(uid);
    const from = fullKey(prefix, new Uint8Array([kind.charCodeAt(0)]));
    const to = fullKey(prefix, new Uint8Array([kind.charCodeAt(0) + 1]));
    for await (const key of this.#db.keys({ gte: from, lt: to })) yield key.subarray(prefix.length);
  }

  /** Every record of an operator. */
  async *records(uid: string): AsyncIterable<StateRecord> {
    const prefix = prefixOf(uid);
    const from = prefix;
    const to = fullKey(prefix, new Uint8Array([0xff]));
    for await (const [key, value] of this.#db.iterator({ gte: from, lt: to })) yield { key: key.subarray(prefix.length), value: unsealed(value) };
  }

  async clear(): Promise<void> {
    await this.#db.clear();
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** The uid's length first: no operator's prefix is the beginning of another's. */
function prefixOf(uid: string): Uint8Array {
  const text = new TextEncoder().encode(uid);
  const prefix = new Uint8Array(text.length + 2);
  prefix[0] = text.length >> 8;
  prefix[1] = text.length & 0xff;
  prefix.set(text, 2);
  return prefix;
}

function fullKey(prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const full = new Uint8Array(prefix.length + key.length);
  full.set(prefix);
  full.set(key, prefix.length);
  return full;
}

function sealed(value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(value.length + 4);
  bytes.set(value, 4);
  new DataView(bytes.buffer).setUint32(0, crc32(value));
  return bytes;
}

function unsealed(bytes: Uint8Array): Uint8Array {
  const value = bytes.subarray(4);
  const expected = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (expected === crc32(value)) return value;
  throw new MillraceError("STATE_CORRUPT", "a value in the local store does not match its checksum", {
    hint: "nothing is lost: the store is rebuilt from the last checkpoint at the next start",
  });
}
