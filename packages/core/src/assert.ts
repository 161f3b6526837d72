/** Thrown when the engine itself is wrong. It is never caught to go on. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** An impossible state ends the job loudly (law F3); on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(`impossible state: ${message}`);
}

/** The default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`impossible state: unexpected ${JSON.stringify(value)}`);
}
