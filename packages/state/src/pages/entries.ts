import { type Codec, readLength } from "@millrace/codec";
import { integerEntries } from "./integer-entries.ts";
import type { PageFormat } from "./pages.ts";
import { UNPAGED_MAX } from "./unpaged.ts";

/** The entries of one page, or of a head without pages. A JavaScript Map is one. */
export interface Entries<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
}

/** One kind of them: what is done with all at once. */
export interface EntriesFormat<K, V> extends PageFormat<Entries<K, V>> {
  /** Whether they are too many for one record. */
  needPages(entries: Entries<K, V>): boolean;
  empty(): Entries<K, V>;
  /** They have been out of memory for want of use. */
  cameBack(entries: Entries<K, V>): void;
  /** A copy, in an order that does not depend on what was there before, so that it is the same after a restore. */
  list(entries: Entries<K, V>): [K, V][];
  /** Takes out those of which `leaves` is true; they are what it returns. */
  split(entries: Entries<K, V>, leaves: (key: K) => boolean): Entries<K, V>;
}

/** The kind for a codec of keys. All are written alike. */
export function entriesFormat<K, V>(keyCodec: Codec<K>, codec: Codec<V>): EntriesFormat<K, V> {
  if (keyCodec.type.kind !== "integer") return anyEntries(keyCodec, codec);
  return integerEntries(keyCodec as unknown as Codec<number>, codec) as unknown as EntriesFormat<K, V>;
}

function anyEntries<K, V>(keyCodec: Codec<K>, codec: Codec<V>): EntriesFormat<K, V> {
  return {
    needPages: (entries) => entries.size > UNPAGED_MAX,
    empty: () => new Map<K, V>(),
    cameBack: () => undefined,
    list: (entries) => [...mapOf(entries)],
    split(entries, leaves) {
      const moved = new Map<K, V>();
      for (const [key, value] of mapOf(entries)) if (leaves(key)) moved.set(key, value);
      for (const key of moved.keys()) entries.delete(key);
      return moved;
    },
    encode(entries, writer) {
      writer.varint(entries.size);
      for (const [key, value] of mapOf(entries)) {
        keyCodec.encode(key, writer);
        codec.encode(value, writer);
      }
    },
    decode(reader) {
      const entries = new Map<K, V>();
      for (let left = readLength(reader); left > 0; left--) {
        const key = keyCodec.decode(reader);
        entries.set(key, codec.decode(reader));
      }
      return entries;
    },
  };
}

/** What `empty` has made. */
function mapOf<K, V>(entries: Entries<K, V>): Map<K, V> {
  return entries as Map<K, V>;
}
