import { seededRandom } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framePayloadMax, RingReader, RingWriter, ringMemory } from "./ring.ts";

function drained(reader: RingReader): [number, number[]][] {
  const frames: [number, number[]][] = [];
  reader.drain((tag, bytes, start, end) => frames.push([tag, [...bytes.subarray(start, end)]]));
  return frames;
}

describe("a ring", () => {
  it("gives frames back as they were, whatever their lengths and whenever it is read", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat({ max: 248 }), { maxLength: 200 }), (seed, lengths) => {
        const random = seededRandom(seed);
        const memory = ringMemory(1_024);
        const writer = new RingWriter(memory);
        const reader = new RingReader(memory);
        const sent: [number, number[]][] = [];
        const received: [number, number[]][] = [];
        for (const [tag, length] of lengths.entries()) {
          const payload = Uint8Array.from({ length: Math.min(length, framePayloadMax(1_024)) }, () => random.uint32());
          while (!writer.tryWrite(tag, payload)) received.push(...drained(reader));
          sent.push([tag, [...payload]]);
          if (random.uint32() % 3 === 0) received.push(...drained(reader));
        }
        received.push(...drained(reader));
        expect(received).toEqual(sent);
      }),
    );
  });

  it("takes a longest frame again and again, wherever the positions stand", () => {
    const memory = ringMemory(256);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    const longest = new Uint8Array(framePayloadMax(256)).fill(7);
    for (let i = 0; i < 1_000; i++) {
      expect(writer.tryWrite(1, new Uint8Array(i % 20))).toBe(true);
      expect(writer.tryWrite(2, longest)).toBe(true);
      expect(drained(reader)).toHaveLength(2);
    }
  });

  it("goes on past 2^32 bytes", () => {
    const memory = ringMemory(64);
    // Both stand shortly before the end of a signed and of an unsigned word.
    for (const position of [0x7fff_fff0 | 0, -16]) {
      const positions = new Int32Array(memory);
      positions[0] = position;
      positions[16] = position;
      const writer = new RingWriter(memory);
      const reader = new RingReader(memory);
      for (let i = 0; i < 20; i++) {
        expect(writer.tryWrite(i, Uint8Array.of(i))).toBe(true);
        expect(drained(reader)).toEqual([[i, [i]]]);
      }
    }
  });

  it("tells the reader that the writer found no room, once", () => {
    const memory = ringMemory(64);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    let written = 0;
    while (writer.tryWrite(0, new Uint8Array(8))) written++;
    expect(written).toBe(4);
    expect(drained(reader)).toHaveLength(4);
    expect(reader.takeWish()).toBe(true);
    expect(reader.takeWish()).toBe(false);
    expect(writer.tryWrite(0, new Uint8Array(8))).toBe(true);
  });
});
