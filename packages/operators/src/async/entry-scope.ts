import type { AsyncContext, OperatorContext, ProcessContext } from "@millrace/contracts";
import { MillraceError, NO_TIMESTAMP } from "@millrace/core";
import type { SideEmitter } from "../process/side-outputs.ts";
import { userFunctionError } from "../process/user-error.ts";
import type { Entry } from "./in-flight-entry.ts";

/** What a function is told of the record that it is called for. */
export function asyncContextOf(context: OperatorContext<unknown>, entry: Entry): AsyncContext {
  return {
    ...timesOf(context, entry),
    attempt: entry.attempt,
    get signal() {
      entry.abort ??= new AbortController();
      return entry.abort.signal;
    },
  };
}

/** The same for what is emitted in the place of a result. */
export function processContextOf(context: OperatorContext<unknown>, emitSide: SideEmitter, entry: Entry): ProcessContext {
  return { ...timesOf(context, entry), output: (tag, value) => emitSide(tag, value, entry.timestamp) };
}

/** What the user's code throws has the place of the record. */
export function guarded<T>(context: OperatorContext<unknown>, entry: Entry, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw placed(error, context, entry);
  }
}

/** The record in hand is another one by now. */
export function placed(error: unknown, context: OperatorContext<unknown>, { position }: Entry): unknown {
  const failure = userFunctionError(error, { context, key: undefined });
  return failure instanceof MillraceError ? failure.at({ position }) : failure;
}

function timesOf(
  context: OperatorContext<unknown>,
  { timestamp }: Entry,
): Pick<AsyncContext, "timestamp" | "currentWatermark" | "currentProcessingTime"> {
  return {
    timestamp: () => (timestamp === NO_TIMESTAMP ? undefined : timestamp),
    currentWatermark: () => context.currentWatermark(),
    currentProcessingTime: () => context.now(),
  };
}
