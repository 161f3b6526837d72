import { fingerprintOfBytes } from "@millrace/codec";
import type { Batch } from "../channel/element.ts";
import { ElementCodec } from "../channel/element-codec.ts";

/**
 * Names a record by what is in it: behind an exchange it has no place in any input, and comes again in another batch after a restart. One
 * with the same content and timestamp has the same name. undefined: it can't be encoded.
 */
export function contentOf({ values, timestamps }: Batch, index: number): string | undefined {
  const alone: Batch = { kind: "batch", values: [values[index]], timestamps: [timestamps[index] as number], marks: [] };
  try {
    return `record ${fingerprintOfBytes(new ElementCodec().encode(alone))}`;
  } catch {
    // Of a function that changes what it is given, or in one thread, where nothing is encoded on its way.
    return undefined;
  }
}
