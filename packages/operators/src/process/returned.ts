import { MillraceError } from "@millrace/core";

/** Throws FUNCTION_ASYNC where a function has returned a promise: it would go on with the state and the output of another record. */
export function checkReturned(returned: unknown): void {
  if (returned === undefined || !isThenable(returned)) return;
  // Nobody waits for it.
  returned.then(undefined, () => undefined);
  throw new MillraceError("FUNCTION_ASYNC", "a function of the job returned a promise, and is done only later, when key and state are others", {
    hint: "ask in orderedWait(…) or unorderedWait(…), and work with the answer in a function that is done when it returns",
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
