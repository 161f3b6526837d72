import { createGunzip } from "node:zlib";

/**
 * What the members of a gzip file hold, one after the other. Zeros behind a member, with which files are filled up to whole
 * blocks, are passed over as gzip(1) does, also between members: Node's decompressor comes to its end there, and drops what
 * follows. Throws an Error when the file ends within a member, or when something else than a member follows.
 */
export async function* gunzipped(source: AsyncGenerator<Buffer>, outputBytes: number): AsyncGenerator<Buffer> {
  const bytes = new GzipBytes(source);
  do yield* membersUpToZeros(bytes, outputBytes);
  while (await bytes.skipZeros());
}

async function* membersUpToZeros(bytes: GzipBytes, outputBytes: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: outputBytes });
  const feed = async (): Promise<void> => {
    for (let given = 0; gunzip.bytesWritten === given; ) {
      const chunk = await bytes.next();
      if (chunk === undefined) return void gunzip.end();
      given += chunk.length;
      await new Promise((resolve) => gunzip.write(chunk, resolve));
      bytes.putBack(chunk.subarray(chunk.length - (given - gunzip.bytesWritten)));
    }
  };
  // Reading fails through the decompressor, so that there is one place to wait at.
  const feeding = feed().catch((error: Error) => void gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
    await feeding;
  } finally {
    gunzip.destroy();
  }
}

class GzipBytes {
  readonly #source: AsyncGenerator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncGenerator<Buffer>) {
    this.#source = source;
  }

  /** undefined: the file has ended. Never empty. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const rest = this.#rest;
      this.#rest = rest.subarray(rest.length);
      if (rest.length > 0) return rest;
      const { done, value } = await this.#source.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
  }

  /** It comes next, before what was not read yet. */
  putBack(chunk: Buffer): void {
    if (chunk.length > 0) this.#rest = chunk;
  }

  /** false: nothing else follows. */
  async skipZeros(): Promise<boolean> {
    for (;;) {
      const chunk = await this.next();
      if (chunk === undefined) return false;
      const first = chunk.findIndex((byte) => byte !== 0);
      if (first < 0) continue;
      this.putBack(chunk.subarray(first));
      return true;
    }
  }
}
