import { type Codec, fingerprintOf, type TypeDescription, t } from "@millrace/codec";
import { type Migrate, type StateDeclaration, state } from "@millrace/contracts";
import { assert, onceFor } from "@millrace/core";
import type { FoldedWindowContents } from "../fast/is-fast.ts";

/** What a key holds of sliding windows that fire once. */
export interface SlicedRecords {
  /** Start of the next window to fire for the key. Earlier ones have fired, or hold nothing of it. */
  due: number;
  /** In order of time; those that only windows before `due` hold are gone. Never empty. */
  readonly slices: Slice[];
}

/** A stretch of time whose records belong to the same windows. */
export interface Slice {
  readonly start: number;
  accumulator: unknown;
}

export function slicesCodec({ codec }: FoldedWindowContents) {
  return slicesOf(codec);
}

const slicesOf = onceFor((accumulator: Codec<unknown>) =>
  t.object({ due: t.number(), slices: t.array(t.object({ start: t.number(), accumulator })) }),
);

export function slicesDeclaration(contents: FoldedWindowContents): StateDeclaration {
  const { migrate } = contents;
  return state.value(slicesCodec(contents), { migrate: migrate === undefined ? undefined : migrateSlices(migrate) });
}

/** The user's function sees the accumulators alone. */
function migrateSlices(migrate: Migrate<unknown>): Migrate<SlicedRecords> {
  return ({ type }, records) => {
    const slices = fieldType(type, "slices").element as unknown as TypeDescription;
    const written = fieldType(slices, "accumulator");
    const from = { type: written, fingerprint: fingerprintOf(written) };
    const held = records as SlicedRecords;
    return { due: held.due, slices: held.slices.map((one) => ({ ...one, accumulator: migrate(from, one.accumulator) })) };
  };
}

function fieldType(type: TypeDescription, name: string): TypeDescription {
  const fields = type.fields as unknown as readonly { readonly name: string; readonly type: TypeDescription }[] | undefined;
  const written = fields?.find((field) => field.name === name)?.type;
  assert(written !== undefined, `slices are kept with their ${name}`);
  return written;
}
