import type { ByteReader, Codec, GrowingWriter } from "@millrace/codec";
import type { PrimitiveKey } from "@millrace/core";
import type { Pages } from "../pages/pages.ts";
import type { CellMap } from "./cell-map.ts";

/** How the values of a table are written. A collection's value is its head, which has pages beside it. */
export interface ValueFormat<V> {
  readonly kind: string;
  readonly fingerprint: string;
  encode(value: V, writer: GrowingWriter): void;
  decode(reader: ByteReader, cells: CellMap<V>, mapKey: PrimitiveKey): V;
  pagesOf?(value: V): Pages<unknown> | undefined;
}

export function plainFormat<V>(kind: string, codec: Codec<V>): ValueFormat<V> {
  return { kind, fingerprint: codec.fingerprint, encode: (value, writer) => codec.encode(value, writer), decode: (reader) => codec.decode(reader) };
}
