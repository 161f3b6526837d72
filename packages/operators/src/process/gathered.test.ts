import { createReader, createWriter, t } from "@millrace/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Gathered, gathered, gatheredCodec, valuesOf } from "./gathered.ts";

const codec = gatheredCodec(t.integer());
const plain = t.array(t.integer());

function bytesOf<V>(of: { encode(value: V, writer: ReturnType<typeof createWriter>): void }, value: V): Uint8Array {
  const writer = createWriter();
  of.encode(value, writer);
  return writer.slice().slice();
}

describe("a list that values are gathered in", () => {
  it("stays as it is when others grow from it, and is written as an array is", () => {
    const growths = fc.array(fc.record({ from: fc.nat(), added: fc.integer(), again: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(growths, (steps) => {
        const lists: (Gathered<number> | undefined)[] = [undefined];
        const arrays: number[][] = [[]];
        for (const { from, added, again } of steps) {
          const at = from % lists.length;
          const grown = gathered(lists[at], added);
          lists.push(again ? codec.decode(createReader(bytesOf(codec, grown))) : grown);
          arrays.push([...(arrays[at] as number[]), added]);
        }
        for (const [index, list] of lists.entries()) {
          if (list === undefined) continue;
          expect(valuesOf(list)).toEqual(arrays[index]);
          expect(bytesOf(codec, list)).toEqual(bytesOf(plain, arrays[index] as number[]));
        }
      }),
    );
  });

  it("has the type of an array, so that older snapshots are read", () => {
    expect([codec.type, codec.fingerprint]).toEqual([plain.type, plain.fingerprint]);
  });

  it("shares what it has with the one that it grew from", () => {
    const two = gathered(gathered(undefined, 1), 2);
    const shared = valuesOf(two);
    expect(valuesOf(gathered(two, 3))).toBe(shared);
    expect(valuesOf(two)).toEqual([1, 2]);
  });
});
