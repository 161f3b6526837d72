import { assert } from "@millrace/core";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import type { TypeDescription } from "../contract.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { codecOf } from "./codec-of.ts";
import { compareTypes, type TypeProblem } from "./compare-types.ts";

/** What becomes of data of one type that is to be read as another. */
export type Compatibility =
  /** The bytes are the same. */
  | { readonly kind: "same" }
  /** Each value can be written anew. `changes`: what differs, place by place. */
  | { readonly kind: "migrate"; readonly changes: readonly string[]; readonly rewrite: Rewrite }
  /** Some value could not be read, or would be read as another. */
  | { readonly kind: "refuse"; readonly problems: readonly TypeProblem[] };

/** Reads one value of the written type and writes it as one of the reader's type. */
export type Rewrite = (reader: ByteReader, writer: ByteWriter) => void;

/**
 * Whether data written as `written` can be read as `reader`, from the types alone. What migrates keeps every value that it
 * keeps as it is: a field may be added with a default, added as optional, removed, renamed by an alias, reordered; a type
 * may be widened to one that holds all its values (an integer to a number, a type to itself or null, a literal to a
 * string, a tagged union to one with more variants). Everything else is refused, with its place.
 */
export function compatibilityOf(written: TypeDescription, reader: TypeDescription): Compatibility {
  if (fingerprintOf(written) === fingerprintOf(reader)) return { kind: "same" };
  const { changes, problems, convert } = compareTypes(written, reader);
  if (problems.length > 0) return { kind: "refuse", problems };
  assert(changes.length > 0, "types with other fingerprints differ somewhere");
  const from = codecOf(written);
  const to = codecOf(reader);
  return { kind: "migrate", changes, rewrite: (input, output) => to.encode(convert(from.decode(input)), output) };
}
