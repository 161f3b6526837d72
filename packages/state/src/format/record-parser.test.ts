import { seededRandom } from "@millrace/core";
import { describe, expect, it, vi } from "vitest";
import { RecordParser } from "./record-parser.ts";
import { RecordWriter } from "./record-writer.ts";

const random = seededRandom(7);

/** One after the other, as one piece of memory. */
function framesOf(values: readonly Uint8Array[]): Uint8Array {
  const writer = new RecordWriter();
  for (const [at, value] of values.entries()) {
    const record = writer.begin();
    record.u16be(at);
    record.raw(value);
    writer.endPut(2);
  }
  return Buffer.concat(writer.finish());
}

function* cut(bytes: Uint8Array, lengthOf: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + lengthOf());
    yield bytes.slice(at, end);
    at = end;
  }
}

describe("records in chunks", () => {
  it("are read wherever these are cut", () => {
    for (let round = 0; round < 30; round++) {
      const values = Array.from({ length: 60 }, () => Uint8Array.from({ length: random.uint32() % 400 }, () => random.uint32()));
      const seen: string[] = [];
      const parser = new RecordParser((_key, stored) => seen.push(Buffer.from(stored ?? []).toString("hex", 0, (stored?.length ?? 4) - 4)));
      for (const chunk of cut(framesOf(values), () => random.uint32() % (2 + (round % 5) * 150))) {
        const before = chunk.slice();
        parser.push(chunk);
        expect(chunk).toEqual(before);
      }
      parser.end();
      expect(seen).toEqual(values.map((value) => Buffer.from(value).toString("hex")));
    }
  });

  it("are not copied again with each chunk that a long one goes on in", () => {
    const bytes = framesOf([new Uint8Array(1 << 20)]);
    const memory = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const { set } = memory;
    let copied = 0;
    const spy = vi.spyOn(memory, "set").mockImplementation(function (this: Uint8Array, from: ArrayLike<number>, at?: number) {
      copied += from.length;
      set.call(this, from, at);
    });
    let records = 0;
    try {
      const parser = new RecordParser(() => records++);
      for (const chunk of cut(bytes, () => 4 << 10)) parser.push(chunk);
      parser.end();
    } finally {
      spy.mockRestore();
    }
    expect(records).toBe(1);
    expect(copied).toBeLessThan(bytes.length * 4);
  });
});
