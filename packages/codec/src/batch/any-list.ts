import { decodeAny } from "../any/decode.ts";
import { encodeAny } from "../any/encode.ts";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { inside } from "../refusal.ts";

/** Values of any kind, each self-describing. `path` is their place in a record, for refusals. */
export class AnyList {
  values: unknown[] = [];
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  write(writer: ByteWriter): void {
    writer.varint(this.values.length);
    try {
      for (const value of this.values) encodeAny(value, writer);
    } catch (error) {
      throw this.path === "" ? error : inside(error, this.path);
    }
  }

  read(reader: ByteReader): void {
    this.values = [];
    for (let left = reader.varint(); left > 0; left--) this.values.push(decodeAny(reader));
  }

  clear(): void {
    this.values = [];
  }
}
