import { createBatchCodec, createReader, createWriter, type GrowingWriter, type ReusableReader } from "@millrace/codec";
import { MillraceError, unreachable } from "@millrace/core";
import type { Batch, Mark, StreamElement } from "./element.ts";

/** First byte of an encoded element. */
const kinds = { batch: 0, watermark: 1, idle: 2, active: 3, barrier: 4, unalignedBarrier: 5, end: 6 } as const;

/**
 * Elements as bytes, for other threads and for snapshots: a byte for the kind; a watermark's f64; a barrier's id as varint, its
 * timeout as f64, and whether it suspends as a byte; of a batch its records by the exchange codec, the number of marks, and for each its place and its element. An element
 * can be read alone. A record that can't be carried (law O6) is refused with CODEC_TYPE and its field path.
 */
export class ElementCodec {
  readonly #codec = createBatchCodec();
  readonly #writer: GrowingWriter;
  readonly #reader = createReader(new Uint8Array(0));

  /** `writer`: its memory, which stays as large as the largest element; several may have one in common. */
  constructor(writer: GrowingWriter = createWriter(4096)) {
    this.#writer = writer;
  }

  /** A view that is good until the next call, of this one or of another that has the writer. */
  encode(element: StreamElement): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    if (element.kind === "batch") this.#writeBatch(element, writer);
    else writeControl(element, writer);
    return writer.view();
  }

  /** Throws CODEC_CORRUPT or CODEC_TRUNCATED for bytes that `encode` did not make. */
  decode(bytes: Uint8Array, start = 0, end: number = bytes.length): StreamElement {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    const kind = reader.u8();
    return kind === kinds.batch ? this.#readBatch(reader) : readControl(kind, reader);
  }

  #writeBatch({ values, timestamps, marks }: Batch, writer: GrowingWriter): void {
    writer.u8(kinds.batch);
    this.#codec.encode(values, timestamps, values.length, writer);
    writer.varint(marks.length);
    for (const { at, element } of marks) {
      writer.varint(at);
      writeControl(element, writer);
    }
  }

  #readBatch(reader: ReusableReader): Batch {
    const { values, timestamps } = this.#codec.decode(reader);
    const count = reader.varint();
    const marks: Mark[] = [];
    for (let index = 0; index < count; index++) {
      const at = reader.varint();
      marks.push({ at, element: readControl(reader.u8(), reader) as Mark["element"] });
    }
    return { kind: "batch", values, timestamps, marks };
  }
}

/** Whether the bytes of an element are those of a barrier. */
export function isEncodedBarrier(bytes: Uint8Array): boolean {
  return bytes[0] === kinds.barrier || bytes[0] === kinds.unalignedBarrier;
}

function writeControl(element: Exclude<StreamElement, Batch>, writer: GrowingWriter): void {
  switch (element.kind) {
    case "watermark":
      writer.u8(kinds.watermark);
      writer.f64(element.watermark);
      return;
    case "status":
      writer.u8(element.status === "idle" ? kinds.idle : kinds.active);
      return;
    case "barrier":
      writer.u8(element.unaligned ? kinds.unalignedBarrier : kinds.barrier);
      writer.varint(element.checkpointId);
      writer.f64(element.alignmentTimeoutMs);
      writer.u8(element.suspends ? 1 : 0);
      return;
    case "end":
      writer.u8(kinds.end);
      return;
    default:
      unreachable(element);
  }
}

function readControl(kind: number, reader: ReusableReader): Exclude<StreamElement, Batch> {
  switch (kind) {
    case kinds.watermark:
      return { kind: "watermark", watermark: reader.f64() };
    case kinds.idle:
      return { kind: "status", status: "idle" };
    case kinds.active:
      return { kind: "status", status: "active" };
    case kinds.barrier:
    case kinds.unalignedBarrier:
      return {
        kind: "barrier",
        checkpointId: reader.varint(),
        alignmentTimeoutMs: reader.f64(),
        suspends: reader.u8() === 1,
        unaligned: kind === kinds.unalignedBarrier,
      };
    case kinds.end:
      return { kind: "end" };
  }
  throw new MillraceError("CODEC_CORRUPT", `an element of the unknown kind ${kind}`, {
    hint: "the data was damaged, or was written by another version",
  });
}
