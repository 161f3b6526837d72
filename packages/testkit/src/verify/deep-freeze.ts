/**
 * Freezes a value and all that it holds, so that a change of an immutable record throws. What lies inside Dates, Maps,
 * Sets and typed arrays cannot be frozen and stays open.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
