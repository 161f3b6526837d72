import { MillraceError } from "./errors.ts";

/** Throws FUNCTION_ASYNC where a function has returned a promise: it would go on with the state and the output of another record. */
export function checkReturned(returned: unknown): void {
  if (returned === undefined || !isThenable(returned)) return;
  // Nobody waits for it.
  returned.then(undefined, () => undefined);
  throw new MillraceError("FUNCTION_ASYNC", "a function of the job returned a promise, and is done only later, when key and state are others", {
    hint: "ask in orderedWait(…) or unorderedWait(…), and work with the answer in a function that is done when it returns",
  });
}

/** What a function has returned; FUNCTION_ASYNC where that is a promise. */
export function returned<V>(value: V): V {
  checkReturned(value);
  return value;
}

/** Whether a function has said yes: plain JavaScript has more than booleans. A promise, which always would, is FUNCTION_ASYNC. */
export function truth(value: unknown): boolean {
  if (value === true || value === false) return value;
  checkReturned(value);
  return Boolean(value);
}

/** What `await` waits for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function";
}
