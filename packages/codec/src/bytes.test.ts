import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyNumber, anyText } from "../test/values.ts";
import { createReader } from "./reader.ts";
import { createWriter, type GrowingWriter } from "./writer.ts";

function written(write: (writer: GrowingWriter) => void): Uint8Array {
  const writer = createWriter(1);
  write(writer);
  return writer.slice();
}

describe("ByteWriter and ByteReader", () => {
  it("bring every number back", () => {
    fc.assert(
      fc.property(fc.array(anyNumber), (values) => {
        const reader = createReader(
          written((writer) => {
            for (const value of values) writer.f64(value);
          }),
        );
        for (const value of values) expect(Object.is(reader.f64(), value)).toBe(true);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it("bring every string back, lone surrogates too", () => {
    fc.assert(
      fc.property(fc.array(anyText), (values) => {
        const reader = createReader(
          written((writer) => {
            for (const value of values) writer.string(value);
          }),
        );
        for (const value of values) expect(reader.string()).toBe(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it("write well-formed strings as UTF-8 behind their length, whatever the length", () => {
    for (const unit of ["a", "é", "語", "😀"]) {
      for (const length of [0, 1, 12, 13, 16, 17, 42, 43, 64, 127, 128, 129, 5000, 17000]) {
        const text = unit.repeat(length);
        const bytes = written((writer) => writer.string(text));
        const reader = createReader(bytes);
        expect(reader.varint()).toBe(Buffer.byteLength(text));
        expect(Buffer.from(reader.view(reader.remaining)).toString()).toBe(text);
        expect(createReader(bytes).string()).toBe(text);
      }
    }
  });

  it("bring unsigned integers up to 2^53 back in 7-bit groups", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat(300), fc.constantFrom(2 ** 53, 2 ** 32, 2 ** 32 - 1, 2 ** 28)), (value) => {
        const bytes = written((writer) => writer.varint(value));
        expect(createReader(bytes).varint()).toBe(value);
        expect(bytes.length).toBe(Math.max(1, Math.ceil(BigInt(value).toString(2).length / 7)));
      }),
    );
    expect(() => createWriter().varint(-1)).toThrow("impossible state");
  });

  it("lay bytes out as documented", () => {
    const bytes = written((writer) => {
      writer.u8(0x1ff);
      writer.u16be(0x1234);
      writer.u32(0xfedcba98);
      writer.bytes(Uint8Array.of(1, 2));
      writer.raw(Uint8Array.of(3));
      writer.f64(1);
    });
    expect([...bytes]).toEqual([0xff, 0x12, 0x34, 0x98, 0xba, 0xdc, 0xfe, 2, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    const reader = createReader(bytes);
    expect([reader.u8(), reader.u16be(), reader.u32()]).toEqual([0xff, 0x1234, 0xfedcba98]);
    expect([...reader.bytes()]).toEqual([1, 2]);
    expect([...reader.view(1)]).toEqual([3]);
    expect([reader.f64(), reader.remaining, reader.position]).toEqual([1, 0, 19]);
  });

  it("refuse to read over the end with CODEC_TRUNCATED, and leave the position where it was", () => {
    const truncated = { code: "CODEC_TRUNCATED" };
    const short = createReader(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 7, 8);
    for (const read of [() => short.u16be(), () => short.u32(), () => short.f64(), () => short.view(2)]) {
      expect(read).toThrow(expect.objectContaining(truncated));
      expect(short.position).toBe(7);
    }
    expect(() => createReader(new Uint8Array(0)).u8()).toThrow(expect.objectContaining(truncated));
    expect(() => createReader(Uint8Array.of(5, 65)).string()).toThrow(expect.objectContaining(truncated));
    expect(() => createReader(Uint8Array.of(5, 65)).bytes()).toThrow(expect.objectContaining(truncated));
    expect(() => createReader(new Uint8Array(12).fill(0xff)).varint()).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });

  it("refuse a varint of more bytes than any has, zeros among them", () => {
    for (const bytes of [9, 147, 1_000]) {
      const zeros = new Uint8Array(bytes).fill(0x80, 0, -1);
      expect(() => createReader(zeros).varint()).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
    }
  });

  it("read within larger memory, and again after a reset", () => {
    const bytes = written((writer) => {
      writer.f64(1.5);
      writer.f64(2.5);
    });
    const larger = new Uint8Array(40);
    larger.set(bytes, 7);
    const reader = createReader(larger.subarray(7), 8);
    expect(reader.f64()).toBe(2.5);
    reader.reset(bytes);
    expect(reader.f64()).toBe(1.5);
  });

  it("lay the units of long texts out as Latin-1 where they can", () => {
    const units = (text: string) => {
      const reader = createReader(written((writer) => writer.units(text)));
      const [encoding, length] = [reader.u8(), reader.varint()];
      return [encoding, length, Buffer.from(reader.view(reader.remaining)).toString(encoding === 0 ? "latin1" : "utf16le")];
    };
    for (const text of ["", "a", "é", "aé".repeat(100), "\xff\x80"]) expect(units(text)).toEqual([0, text.length, text]);
    for (const text of ["語", "a\u0100", "é語".repeat(50), "\ud800", "😀"]) expect(units(text)).toEqual([1, text.length, text]);
  });

  it("skip what is not read", () => {
    const reader = createReader(Uint8Array.of(1, 2, 3));
    reader.skip(2);
    expect(reader.u8()).toBe(3);
    expect(() => reader.skip(1)).toThrow(expect.objectContaining({ code: "CODEC_TRUNCATED" }));
  });

  it("copy slices and hand out views", () => {
    const writer = createWriter();
    writer.u32(1);
    const copy = writer.slice();
    const view = writer.view(0);
    writer.reset();
    writer.u32(2);
    expect([copy[0], view[0], writer.length]).toEqual([1, 2, 4]);
    writer.truncate(1);
    expect([...writer.slice()]).toEqual([2]);
  });
});
