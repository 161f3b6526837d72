import { BadRecord } from "../format.ts";

/** In front of the value: a zero byte and the schema's id, as Confluent's serializers write them. */
export const frameBytes = 5;
const magic = 0;

/** Of framed bytes; throws BadRecord when they are not framed. */
export function schemaIdOf(bytes: Buffer): number {
  if (bytes.length < frameBytes) throw new BadRecord(`${bytes.length} bytes are too few for a schema id and a value`);
  if (bytes[0] !== magic) throw new BadRecord(`it does not begin with a schema id: its first byte is ${bytes[0]}, not ${magic}`);
  return bytes.readInt32BE(1);
}

export function framed(id: number, ...parts: readonly Uint8Array[]): Buffer {
  const frame = Buffer.alloc(frameBytes);
  frame[0] = magic;
  frame.writeInt32BE(id, 1);
  return Buffer.concat([frame, ...parts]);
}
