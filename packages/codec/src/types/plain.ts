/**
 * Whether a value is what `{}` makes, of any realm, or an object without prototype (which comes back from a codec as an
 * ordinary one). Instances of classes are not.
 */
export function isPlainObject(value: unknown): value is { [name: string]: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && !Array.isArray(value) && Object.hasOwn(prototype as object, "isPrototypeOf");
}
