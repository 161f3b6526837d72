import type { Json } from "@millrace/core";

type Type = { readonly kind?: Json; readonly elements?: Json; readonly values?: Json };

/** The kind of key that a node's `details.key` stands for, as `keyKind` of core has it; undefined when it does not say. */
export function keyKindOf(key: Json | undefined): string | undefined {
  // windowAll has one key.
  if (key === "none") return "number";
  if (key === undefined || key === null || typeof key !== "object" || Array.isArray(key)) return undefined;
  const { kind, elements, values } = key as Type;
  switch (kind) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return kind;
    case "integer":
      return "number";
    case "literal":
      return onlyOne((values as readonly Json[]).map((value) => typeof value));
    case "tuple": {
      const parts = (elements as readonly Json[]).map(keyKindOf);
      return parts.includes(undefined) ? undefined : `[${parts.join(", ")}]`;
    }
    default:
      return undefined;
  }
}

function onlyOne(kinds: readonly string[]): string | undefined {
  return new Set(kinds).size === 1 ? kinds[0] : undefined;
}
