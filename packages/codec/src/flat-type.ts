import type { TypeDescription } from "@millrace/codec";

const primitives: ReadonlySet<string> = new Set(["string", "boolean", "null", "undefined", "literal", "number", "integer", "bigint"]);

/** Whether values of this type are primitives, or have only those as parts: two values can share nothing that may change. */
export function isFlat(type: TypeDescription): boolean {
  switch (type.kind) {
    case "object":
      return (type.fields as unknown as readonly { readonly type: TypeDescription }[]).every((field) => isPrimitive(field.type));
    case "tuple":
      return (type.elements as unknown as readonly TypeDescription[]).every(isPrimitive);
    case "array":
    case "set":
    case "record":
      return isPrimitive(type.element as unknown as TypeDescription);
    case "map":
      return isPrimitive(type.key as unknown as TypeDescription) && isPrimitive(type.value as unknown as TypeDescription);
    case "nullable":
    case "undefinable":
      return isFlat(type.of as unknown as TypeDescription);
    default:
      return ["date", "bytes", "typedArray"].includes(type.kind) || isPrimitive(type);
  }
}

function isPrimitive({ kind, of }: TypeDescription): boolean {
  return kind === "nullable" || kind === "undefinable" ? isPrimitive(of as unknown as TypeDescription) : primitives.has(kind);
}
