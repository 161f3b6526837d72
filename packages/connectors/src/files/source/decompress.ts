import { Readable, type Transform } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { MillraceError, messageOf } from "@millrace/core";
import { gunzipped } from "./gzip-members.ts";
import { ZstdFrames } from "./zstd-frames.ts";

export type Compression = "none" | "gzip" | "zstd";

const outputBytes = 256 << 10;

/** What a compressed file holds: gzip of one or several members, zeros behind them, zstd of one or several frames. SOURCE_READ when it isn't whole. */
export async function* decompressed(compression: "gzip" | "zstd", bytes: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  try {
    if (compression === "gzip") yield* gunzipped(bytes, outputBytes);
    else yield* unzstd(bytes);
  } catch (error) {
    throw error instanceof MillraceError ? error : notWhole(compression, path, error);
  } finally {
    await bytes.return(undefined);
  }
}

/** A decompressor for each frame: Node 22's stops after the first one without a word, and takes a frame that is cut for a whole one. */
async function* unzstd(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames(bytes);
  while (await frames.next()) yield* through(createZstdDecompress({ chunkSize: outputBytes }), frames.frame());
}

async function* through(decompressor: Transform, bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(bytes, { objectMode: false });
  // Reading fails through the decompressor, so that there is one place to wait at.
  source.on("error", (error) => decompressor.destroy(error));
  source.pipe(decompressor);
  try {
    for await (const chunk of decompressor) yield chunk as Buffer;
  } finally {
    source.destroy();
    decompressor.destroy();
  }
}

function notWhole(compression: "gzip" | "zstd", path: string, error: unknown): MillraceError {
  return new MillraceError("SOURCE_READ", `${path} is not a whole ${compression} file: ${messageOf(error)}`, {
    cause: error,
    hint: 'check that the file was copied whole; for files that are not compressed give compression: "none"',
    where: { position: path },
  });
}
