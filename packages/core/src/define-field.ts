/** Sets an own field, `__proto__` too. */
export function defineField(into: { [name: string]: unknown }, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(into, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    into[name] = value;
  }
}
