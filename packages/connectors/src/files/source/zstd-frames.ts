const magic = 0xfd2fb528;
/** The lower four bits of a skippable frame's magic number are free. */
const skippableMagic = 0x184d2a50;
const checksumBytes = 4;
const blockHeaderBytes = 3;

/** Bytes of the fields behind a frame's descriptor, by two bits of it. */
const dictionaryIdBytes = [0, 1, 2, 4] as const;
const contentSizeBytes = [0, 2, 4, 8] as const;

const repeatedByte = 1;
const reserved = 3;

/**
 * Where the frames of a zstd file begin and end, by the headers of frames and blocks (RFC 8878, section 3.1). Frames are
 * handed out as they are; their content is the decompressor's business. Skippable frames are passed over. Throws an Error
 * when the file ends within a frame, or when something else than a frame follows.
 */
export class ZstdFrames {
  readonly #source: AsyncIterator<Buffer>;
  /** What was read and not yet handed out. */
  #rest: Buffer = Buffer.alloc(0);
  #found = false;

  constructor(source: AsyncGenerator<Buffer>) {
    this.#source = source;
  }

  /** Moves to the next frame, which then has to be read whole. False at the end of the file; a file without a frame is not whole. */
  async next(): Promise<boolean> {
    for (;;) {
      if (!(await this.#has(1))) return this.#ended();
      const number = (await this.#peek(4)).readUInt32LE(0);
      if (number === magic) {
        this.#found = true;
        return true;
      }
      if ((number & ~0xf) >>> 0 !== skippableMagic) throw new Error("there is something else where a frame should begin");
      const head = await this.#take(8);
      await this.#skip(head.readUInt32LE(4));
    }
  }

  /** The bytes of the frame that `next` has found. */
  async *frame(): AsyncGenerator<Buffer> {
    const descriptor = (await this.#peek(5)).readUInt8(4);
    yield await this.#take(5 + fieldBytes(descriptor));
    for (;;) {
      const header = (await this.#peek(blockHeaderBytes)).readUIntLE(0, blockHeaderBytes);
      const kind = (header >> 1) & 3;
      if (kind === reserved) throw new Error("a frame has a block of an unknown kind");
      yield await this.#take(blockHeaderBytes + (kind === repeatedByte ? 1 : header >> 3));
      if ((header & 1) === 1) break;
    }
    if ((descriptor & 4) !== 0) yield await this.#take(checksumBytes);
  }

  #ended(): boolean {
    if (!this.#found) throw new Error("there is no frame in it");
    return false;
  }

  async #peek(bytes: number): Promise<Buffer> {
    if (!(await this.#has(bytes))) throw new Error("unexpected end of file");
    return this.#rest;
  }

  async #take(bytes: number): Promise<Buffer> {
    const taken = (await this.#peek(bytes)).subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async #skip(bytes: number): Promise<void> {
    let left = bytes;
    while (left > 0) {
      await this.#peek(1);
      const step = Math.min(left, this.#rest.length);
      this.#rest = this.#rest.subarray(step);
      left -= step;
    }
  }

  /** Reads until there are so many bytes; false: the file ends before. */
  async #has(bytes: number): Promise<boolean> {
    while (this.#rest.length < bytes) {
      const { done, value } = await this.#source.next();
      if (done === true) return false;
      this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    }
    return true;
  }
}

/** Bytes between the descriptor and the first block: window, dictionary, content size. */
function fieldBytes(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0;
  const size = contentSizeBytes[descriptor >> 6] as number;
  return (singleSegment ? 0 : 1) + (dictionaryIdBytes[descriptor & 3] as number) + (size === 0 && singleSegment ? 1 : size);
}
