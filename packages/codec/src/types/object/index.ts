import type { Json } from "@millrace/core";
import type { Codec } from "../../contract.ts";
import { makeCodec } from "../../fingerprint.ts";
import { canGenerateCode } from "../../generate.ts";
import { type FieldDeclarations, fieldsOf, fieldTypes, type ObjectOf } from "./fields.ts";
import { generatedObject } from "./generated.ts";
import { interpretedObject } from "./interpreted.ts";

/**
 * Plain objects with exactly the declared fields; `t.optional` ones may be missing. A value with other fields is refused,
 * because they would not come back.
 */
export function objectCodec<const F extends FieldDeclarations>(declarations: F): Codec<ObjectOf<F>> {
  return buildObject(declarations, canGenerateCode());
}

/** As `objectCodec`, with the choice between generated and interpreted form given. */
export function buildObject<const F extends FieldDeclarations>(declarations: F, generate: boolean): Codec<ObjectOf<F>> {
  const fields = fieldsOf(declarations);
  const { encode, decode } = generate ? generatedObject(fields) : interpretedObject(fields);
  return makeCodec<ObjectOf<F>>({ kind: "object", fields: fieldTypes(fields) as readonly Json[] }, encode, decode as Codec<ObjectOf<F>>["decode"]);
}
