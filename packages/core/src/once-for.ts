/**
 * The function with its results kept for as long as their arguments live: what is made of a codec, which may have code of its own,
 * is made once, however often an operator is opened or a job is built.
 */
export function onceFor<K extends object, T>(make: (from: K) => T): (from: K) => T {
  const made = new WeakMap<K, T>();
  return (from) => {
    const known = made.get(from);
    if (known !== undefined) return known;
    const fresh = make(from);
    made.set(from, fresh);
    return fresh;
  };
}
