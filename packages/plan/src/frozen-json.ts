import type { Json } from "@millrace/core";

/** A deep copy that nobody can change. Numbers that JSON has no form for become their names, so that a plan survives JSON. */
export function frozenJson(value: Json): Json {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return Object.freeze(value.map(frozenJson));
  if (value !== null && typeof value === "object") return frozenFields(value as { readonly [name: string]: Json });
  return value;
}

/** As frozenJson, for the fields of an object; fields without a value are left out. */
export function frozenFields(fields: { readonly [name: string]: Json | undefined }): { readonly [name: string]: Json } {
  const copies = Object.entries(fields).flatMap(([name, field]) => (field === undefined ? [] : [[name, frozenJson(field)] as const]));
  return Object.freeze(Object.fromEntries(copies));
}
