import type { TypeDescription } from "./contract.ts";
import { fieldTypesOf, part, parts } from "./evolution/described.ts";

const primitives: ReadonlySet<string> = new Set(["string", "boolean", "null", "undefined", "literal", "number", "integer", "bigint"]);

/** Whether values of this type are primitives, or have only those as parts: two values can share nothing that may change. */
export function isFlat(type: TypeDescription): boolean {
  switch (type.kind) {
    case "object":
      return fieldTypesOf(type).every((field) => isPrimitive(field.type));
    case "tuple":
      return parts(type, "elements").every(isPrimitive);
    case "array":
    case "set":
    case "record":
      return isPrimitive(part(type, "element"));
    case "map":
      return isPrimitive(part(type, "key")) && isPrimitive(part(type, "value"));
    case "nullable":
    case "undefinable":
      return isFlat(part(type, "of"));
    default:
      return ["date", "bytes", "typedArray"].includes(type.kind) || isPrimitive(type);
  }
}

function isPrimitive(type: TypeDescription): boolean {
  return type.kind === "nullable" || type.kind === "undefinable" ? isPrimitive(part(type, "of")) : primitives.has(type.kind);
}
