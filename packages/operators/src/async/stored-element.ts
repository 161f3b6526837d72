import { type Codec, compatibilityOf, createReader, createWriter, fingerprintOf, type TypeDescription } from "@millrace/codec";
import type { OperatorStateItem } from "@millrace/contracts";
import { type Json, MillraceError, watermarkFromJson, watermarkToJson } from "@millrace/core";
import type { Mark } from "./in-flight-queue.ts";

/** A record as it came, from its source's position where that was known. */
export interface InFlightRecord {
  readonly value: unknown;
  readonly timestamp: number;
  readonly position: string | undefined;
}

/** Idleness is no part of a snapshot: whoever is restored is active, and who sends to it says anew if it is not. */
export type StoredElement = { readonly record: InFlightRecord } | { readonly mark: Extract<Mark, { readonly kind: "watermark" }> };

/** A stored element of one subtask of so many: among another number of subtasks its marks would speak of other records. */
interface Item {
  readonly of: number;
  readonly record?: { readonly value: string; readonly codec: string; readonly timestamp: Json; readonly position?: string };
  readonly watermark?: Json;
}

/** What waits in an asynchronous operator as items of its state; the values in base64. */
export function storeElements(elements: Iterable<StoredElement>, codec: Codec<unknown>, parallelism: number): readonly OperatorStateItem[] {
  const writer = createWriter(256);
  const store = (element: StoredElement): Item => {
    if ("mark" in element) return { of: parallelism, watermark: watermarkToJson(element.mark.watermark) };
    const { value, timestamp, position } = element.record;
    writer.reset();
    codec.encode(value, writer);
    const text = Buffer.from(writer.slice()).toString("base64");
    return {
      of: parallelism,
      record: { value: text, codec: codec.fingerprint, timestamp: watermarkToJson(timestamp), ...(position === undefined ? {} : { position }) },
    };
  };
  return Array.from(elements, (element) => ({ ...store(element) }));
}

/** The elements of items that a subtask of `parallelism` was given. Throws RESTORE_REFUSED for records of another type. */
export function restoreElements(items: readonly OperatorStateItem[], codec: Codec<unknown>, parallelism: number): readonly StoredElement[] {
  return (items as unknown as readonly Item[]).flatMap((item): readonly StoredElement[] => {
    if (item.record !== undefined) {
      if (item.record.codec !== codec.fingerprint) throw otherType(item.record.codec, codec);
      const value = codec.decode(createReader(Buffer.from(item.record.value, "base64")));
      return [{ record: { value, timestamp: watermarkFromJson(item.record.timestamp), position: item.record.position } }];
    }
    if (item.of !== parallelism || item.watermark === undefined) return [];
    return [{ mark: { kind: "watermark", watermark: watermarkFromJson(item.watermark) } }];
  });
}

/** Items with their records written anew, where they are of another type that `reader` holds all values of. */
export function migrateElements(
  items: readonly OperatorStateItem[],
  written: TypeDescription,
  reader: TypeDescription,
): readonly OperatorStateItem[] {
  const compatibility = compatibilityOf(written, reader);
  if (compatibility.kind !== "migrate") return items;
  const writer = createWriter(256);
  return (items as unknown as readonly Item[]).map((item): OperatorStateItem => {
    if (item.record === undefined) return { ...item };
    writer.reset();
    compatibility.rewrite(createReader(Buffer.from(item.record.value, "base64")), writer);
    const value = Buffer.from(writer.slice()).toString("base64");
    return { ...item, record: { ...item.record, value, codec: fingerprintOf(reader) } };
  });
}

function otherType(fingerprint: string, codec: Codec<unknown>): MillraceError {
  return new MillraceError(
    "RESTORE_REFUSED",
    `records under way in the snapshot were written with the codec ${fingerprint}; the job has ${codec.fingerprint} now`,
    {
      hint: "give the operator the codec it had, or let the job run with it until nothing is under way, and take a savepoint then",
    },
  );
}
