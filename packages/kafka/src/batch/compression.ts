import { promisify } from "node:util";
import { gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";
import { compressFrame, decompressFrame } from "lz4-napi";
import { compress as snappyCompress, uncompress as snappyUncompress } from "snappy";

export const compressionNames = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export type CompressionName = (typeof compressionNames)[number];

interface Codec {
  compress(bytes: Buffer): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const [toGzip, fromGzip, toZstd, fromZstd] = [promisify(gzip), promisify(gunzip), promisify(zstdCompress), promisify(zstdDecompress)];

/** All of them work on Node's thread pool. */
const codecs: Readonly<Record<Exclude<CompressionName, "none">, Codec>> = {
  gzip: { compress: (bytes) => toGzip(bytes), decompress: (bytes) => fromGzip(bytes) },
  snappy: { compress: (bytes) => snappyCompress(bytes), decompress: (bytes) => fromSnappy(bytes) },
  lz4: { compress: (bytes) => compressFrame(bytes), decompress: (bytes) => decompressFrame(bytes) },
  zstd: { compress: (bytes) => toZstd(bytes), decompress: (bytes) => fromZstd(bytes) },
};

export async function compress(name: CompressionName, bytes: Buffer): Promise<Buffer> {
  return name === "none" ? bytes : codecs[name].compress(bytes);
}

export async function decompress(name: CompressionName, bytes: Buffer): Promise<Buffer> {
  return name === "none" ? bytes : codecs[name].decompress(bytes);
}

/** The Java client wraps snappy in blocks of its own (snappy-java's stream: magic, two versions, then length and block, again and again). */
const snappyJavaMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const snappyJavaHeaderBytes = 16;

async function fromSnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, snappyJavaMagic.length).equals(snappyJavaMagic)) return plainSnappy(bytes);
  const blocks: Promise<Buffer>[] = [];
  for (let at = snappyJavaHeaderBytes; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    blocks.push(plainSnappy(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return Buffer.concat(await Promise.all(blocks));
}

async function plainSnappy(bytes: Buffer): Promise<Buffer> {
  return (await snappyUncompress(bytes, { asBuffer: true })) as Buffer;
}
