import { crc32 } from "node:zlib";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import type { CheckpointStorage, DataFile, KeyGroupRange } from "@millrace/contracts";
import { assert, type FileHandle, type Files } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { type FileHeader, readHeader, writeHeader } from "../format/file-header.ts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { RecordWriter } from "../format/record-writer.ts";
import type { Frames } from "../runs/frames.ts";
import { enlarged, joined } from "../runs/pieces.ts";
import { closed, type FileSum } from "../runs/store-work.ts";
import type { ChainTask } from "./chain-work.ts";
import { framePieces } from "./frame-pieces.ts";
import { NewestFrames } from "./newest-frames.ts";

/** So many bytes of deltas are in memory at a time; more go through it in parts, by key group, each of which reads all files. */
const PART_BYTES_MAX = 256 << 20;
const WRITE_BYTES = 512 << 10;

type Reader = Pick<CheckpointStorage, "readData">;

/**
 * Makes a base of a base and deltas: of records with equal keys the newest stands, and what is removed goes. Records are copied as
 * they are, their checksums with them. Files are verified on the way; those that are in memory are the deltas, and a base that may
 * hold a key twice.
 */
export async function mergeChain(files: Files, task: ChainTask, isClosed: () => boolean, partBytesMax = PART_BYTES_MAX): Promise<FileSum> {
  const reader = createFileCheckpointStorage({ files, directory: task.checkpoints });
  const handle = await files.open(task.path, "write");
  try {
    try {
      return await writeBase(new BaseWriter(handle, isClosed), reader, task.files, partBytesMax);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await files.remove(task.path).catch(() => undefined);
    throw error;
  }
}

async function writeBase(writer: BaseWriter, reader: Reader, files: readonly DataFile[], partBytesMax: number): Promise<FileSum> {
  const [base] = files;
  const newest = files.at(-1);
  assert(base !== undefined && newest !== undefined, "a chain has a file at least");
  const header = await headerOf(reader, newest);
  const streamed = (await headerOf(reader, base)).distinct === true ? base : undefined;
  const held = files.filter((file) => file !== streamed);
  const heldBytes = held.reduce((sum, { bytes }) => sum + bytes, 0);
  const framed = new RecordWriter();
  writeHeader(framed, { ...header, distinct: true });
  writer.append(joined(framed.finish()));
  const count = partsFor(heldBytes, partBytesMax, header.keyGroups);
  for (const keyGroups of parts(header.keyGroups, count)) {
    const frames = new NewestFrames(Math.ceil(heldBytes / count), keyGroups);
    for (const file of held) await frames.add(writer.guarded(reader.readData(file)));
    if (streamed !== undefined) await copyOthers(writer, reader.readData(streamed), frames, keyGroups);
    for (const piece of frames.live()) {
      writer.append(piece);
      if (writer.full) await writer.flush();
    }
  }
  return writer.end();
}

/** Records of the base that nothing has replaced. */
async function copyOthers(writer: BaseWriter, base: AsyncIterable<Uint8Array>, newest: NewestFrames, keyGroups: KeyGroupRange): Promise<void> {
  for await (const frames of framePieces(base)) {
    let from = 0;
    while (frames.step()) {
      if (isOf(frames, keyGroups) && !newest.has(frames)) continue;
      writer.append(frames.bytes.subarray(from, frames.frameAt));
      from = frames.frameEnd;
    }
    writer.append(frames.bytes.subarray(from, frames.frameEnd));
    if (writer.full) await writer.flush();
  }
}

function isOf({ bytes, keyAt, keyEnd }: Frames, { start, end }: KeyGroupRange): boolean {
  if (keyEnd === keyAt) return false;
  const keyGroup = keyGroupOfRecord(bytes, keyAt);
  return keyGroup >= start && keyGroup <= end;
}

async function headerOf(reader: Reader, file: DataFile): Promise<FileHeader> {
  for await (const frames of framePieces(reader.readData(file))) {
    if (!frames.step()) continue;
    if (frames.keyEnd > frames.keyAt) break;
    return readHeader(frames.tombstone ? undefined : frames.bytes.subarray(frames.keyEnd, frames.frameEnd));
  }
  throw corruptState(`${file.name} does not begin with a header`);
}

function partsFor(bytes: number, partBytesMax: number, { start, end }: KeyGroupRange): number {
  return Math.min(Math.max(Math.ceil(bytes / partBytesMax), 1), end - start + 1);
}

function* parts({ start, end }: KeyGroupRange, count: number): Generator<KeyGroupRange> {
  const groups = end - start + 1;
  for (let part = 0; part < count; part++) {
    yield { start: start + Math.floor((part * groups) / count), end: start + Math.floor(((part + 1) * groups) / count) - 1 };
  }
}

/** Gathers what is written into large pieces, and sums it up. */
class BaseWriter {
  readonly #handle: FileHandle;
  readonly #isClosed: () => boolean;
  #held = new Uint8Array(0);
  #length = 0;
  #bytes = 0;
  #crc32 = 0;

  constructor(handle: FileHandle, isClosed: () => boolean) {
    this.#handle = handle;
    this.#isClosed = isClosed;
  }

  /** True: `flush` before much more is appended. */
  get full(): boolean {
    return this.#length >= WRITE_BYTES;
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#held.length) this.#held = enlarged(this.#held, this.#length, bytes.length);
    this.#held.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#isClosed()) throw closed();
    const piece = this.#held.subarray(0, this.#length);
    this.#crc32 = crc32(piece, this.#crc32);
    this.#bytes += piece.length;
    this.#length = 0;
    await this.#handle.write(piece);
  }

  async end(): Promise<FileSum> {
    await this.flush();
    await this.#handle.sync();
    return { bytes: this.#bytes, crc32: this.#crc32 };
  }

  /** Ends when nobody waits for the base any more. */
  async *guarded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.#isClosed()) throw closed();
      yield chunk;
    }
  }
}
