import { decodeAny } from "../any/decode.ts";
import { encodeAny } from "../any/encode.ts";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { inside } from "../refusal.ts";
import type { Column } from "./fixed-column.ts";

/** Values of any kind, each self-describing. `path` is their place in a record, for refusals. */
export class AnyColumn implements Column {
  cells: unknown[] = [];
  length = 0;
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  reserve(): void {
    this.cells = [];
  }

  write(writer: ByteWriter): void {
    try {
      for (let index = 0; index < this.length; index++) encodeAny(this.cells[index], writer);
    } catch (error) {
      throw this.path === "" ? error : inside(error, this.path);
    }
  }

  read(reader: ByteReader, count: number): void {
    this.cells = [];
    for (let index = 0; index < count; index++) this.cells.push(decodeAny(reader));
    this.length = count;
  }

  clear(): void {
    this.cells = [];
  }
}
