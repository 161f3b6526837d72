import { type GrowingWriter, putVarint } from "../writer.ts";
import { integerCodec, isSmall, zigzag } from "./numbers.ts";

/** Between two looks at whether there is room. */
const BLOCK = 64;
/** Of a small integer. */
const BYTES_MAX = 5;

/**
 * Writes pairs of integers that stand side by side in `values`: the first `count` of the `places` say where each begins. The bytes are those that
 * `t.integer()` writes for one after the other. Throws CODEC_TYPE for what is no integer.
 */
export function writeIntegerPairs(values: readonly unknown[], places: Int32Array, count: number, writer: GrowingWriter): void {
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    const start = writer.room((to - from) * 2 * BYTES_MAX);
    const { memory } = writer;
    let at = start;
    let index = from;
    for (; index < to; index++) {
      const place = places[index] as number;
      const one = values[place];
      const other = values[place + 1];
      if (!(isSmall(one) && isSmall(other))) break;
      at = putVarint(zigzag(one), memory, at);
      at = putVarint(zigzag(other), memory, at);
    }
    writer.advance(at - start);
    // What is longer, or refused, and the rest of its block.
    for (; index < to; index++) {
      const place = places[index] as number;
      integerCodec.encode(values[place] as number, writer);
      integerCodec.encode(values[place + 1] as number, writer);
    }
  }
}
