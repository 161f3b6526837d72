import { putVarint, varintBytes } from "../../batch/varint.ts";
import { BadRecord } from "../format.ts";

/** A message's place in its file: how many numbers, and the numbers; a single zero byte stands for the first message. */
export function putZigzag(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.alloc(1);
  const numbers = [indexes.length, ...indexes];
  const bytes = Buffer.alloc(numbers.reduce((sum, number) => sum + varintBytes(number), 0));
  numbers.reduce((at, number) => putVarint(bytes, at, number), 0);
  return bytes;
}

/** `end`: where the message begins. */
export function zigzagsIn(bytes: Buffer): { readonly indexes: readonly number[]; readonly end: number } {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new BadRecord("it ends within the place of its message");
      value |= (byte & 127) << shift;
      if (byte < 128) return (value >>> 1) ^ -(value & 1);
    }
  };
  const count = next();
  if (count === 0) return { indexes: [0], end: at };
  if (count < 0 || count > bytes.length) throw new BadRecord(`the place of its message has ${count} numbers`);
  return { indexes: Array.from({ length: count }, next), end: at };
}
