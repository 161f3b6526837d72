import type { Key, OperatorContext } from "@millrace/contracts";
import { AssertionError, MillraceError, messageOf } from "@millrace/core";

/** Where a user's function was running. */
export interface UserCode {
  readonly context: OperatorContext<never> | OperatorContext<unknown>;
  /** undefined: the function has no key, or it is not known yet. */
  readonly key: Key | undefined;
  /** The element in hand came from a broadcast stream: the uids of the nodes that it came from. */
  readonly broadcastFrom?: string | undefined;
}

/**
 * What to throw when a user's function threw `error`: USER_FUNCTION with uid, subtask and key, the original as its cause.
 * An error that says already what the engine found wrong (a MillraceError) keeps its code and learns its place, unless it
 * came from an operator further down the chain. Assertions pass as they are.
 */
export function userFunctionError(error: unknown, code: UserCode): unknown {
  if (error instanceof AssertionError) return error;
  // The runtime's own: a function further down the chain threw, and the failure knows which.
  if (error instanceof Error && error.name === "ChainFailure") return error;
  const { uid, subtask } = code.context;
  const where = { uid, subtask, key: keyText(code.key) };
  if (error instanceof MillraceError) {
    return error.where.uid === undefined ? error.at(where) : error;
  }
  const origin = code.broadcastFrom === undefined ? "" : ` on a broadcast element from ${code.broadcastFrom}`;
  return new MillraceError("USER_FUNCTION", `a function of the job threw${origin}: ${messageOf(error)}`, {
    hint: "the record is read again after a restart; emit what cannot be processed to a side output instead of throwing",
    where,
    cause: error,
  });
}

/** A key as people read it: `"BOS"`, `17`, `["BOS",17]`, `17n`. undefined for what is no key, and is refused for it. */
function keyText(key: unknown): string | undefined {
  if (Array.isArray(key)) return `[${key.map(keyText).join(",")}]`;
  if (typeof key === "bigint") return `${key}n`;
  return typeof key === "object" ? undefined : JSON.stringify(key);
}
