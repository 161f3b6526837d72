import { expect } from "vitest";
import type { Codec } from "../src/contract.ts";
import { createReader } from "../src/reader.ts";
import { createWriter } from "../src/writer.ts";

/** Writes a value between other bytes and reads it back; fails unless exactly its bytes were read. */
export function roundTrip<T>(codec: Codec<T>, value: T): T {
  const writer = createWriter(1);
  writer.u8(0xaa);
  codec.encode(value, writer);
  const end = writer.length;
  writer.u8(0xbb);
  const reader = createReader(writer.slice(), 1);
  const decoded = codec.decode(reader);
  expect(reader.position).toBe(end);
  return decoded;
}

/** The message of the refusal that a codec answers a value with. */
export function refusalOf(codec: Codec<unknown>, value: unknown): string {
  try {
    codec.encode(value, createWriter());
  } catch (error) {
    expect(error).toMatchObject({ code: "CODEC_TYPE" });
    return (error as Error).message;
  }
  throw new Error("the value was accepted");
}
