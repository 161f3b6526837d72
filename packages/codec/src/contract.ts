import type { Json } from "@millrace/core";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/**
 * How values of one type are written in state and snapshots. `encode` refuses a value of another type with
 * CODEC_TYPE, naming the field by path. `decode(encode(v))` is deeply equal to v (NaN and −0 kept; undefined fields are
 * not the same as missing ones). Equal types have equal fingerprints in every process and release.
 */
export interface Codec<T> {
  /** The type as data; it stands in plan and snapshots. */
  readonly type: TypeDescription;
  /** 16 hexadecimal digits over `type`. */
  readonly fingerprint: string;
  encode(value: T, writer: ByteWriter): void;
  decode(reader: ByteReader): T;
}

/** E.g. `{kind: "object", fields: [{name: "count", type: {kind: "integer"}}]}`. */
export type TypeDescription = { readonly kind: string } & { readonly [name: string]: Json };

/** The type a codec carries: `Infer<typeof flightCodec>`. */
export type Infer<C> = C extends Codec<infer T> ? T : never;
