/** What plans, manifests and committables are made of: data that survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]{0,100}$/;

/** JSON with sorted field names: equal values give equal text, whatever order they were built in. Fields without a value are left out. */
export function canonicalJson(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Array.isArray(value) ? itemsJson(value) : fieldsJson(value as { readonly [name: string]: Json | undefined });
}

function itemsJson(items: readonly Json[]): string {
  let text = "";
  for (const item of items) text += text === "" ? canonicalJson(item) : `,${canonicalJson(item)}`;
  return `[${text}]`;
}

function fieldsJson(fields: { readonly [name: string]: Json | undefined }): string {
  let text = "";
  for (const name of sortedNames(fields)) {
    const field = fields[name];
    if (field !== undefined) text += `${text === "" ? "" : ","}${quoted(name)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

function sortedNames(fields: object): readonly string[] {
  const names = Object.keys(fields);
  for (let index = 1; index < names.length; index++) if ((names[index - 1] as string) > (names[index] as string)) return names.sort();
  return names;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
