import { errorChain, MillraceError, messageOf } from "@millrace/core";
import type { JobEvent } from "millrace";

/** Bytes that have changed are read before it is seen that they have: what their decoding comes upon is explained by that. */
const DAMAGE = /_CORRUPT$/;

/** What JavaScript and the engine's own assertions throw, and neither the disk nor the users of a simulated job. */
const INTERNAL: ReadonlySet<string> = new Set(["AssertionError", "TypeError", "RangeError", "ReferenceError"]);

/** Whatever goes wrong in the world, the engine never finds itself in a state that can't be. */
export class Soundness {
  fault: string | undefined;

  heard(event: JobEvent): void {
    if ("error" in event) this.met(event.error);
  }

  /** An error that somebody was told of. */
  met(error: unknown): void {
    for (const cause of errorChain(error)) {
      if (cause instanceof MillraceError && DAMAGE.test(cause.code)) return;
      if (INTERNAL.has(cause.name)) this.fault ??= `the engine itself is wrong: ${messageOf(cause)}`;
      if (cause instanceof AggregateError) for (const one of cause.errors) this.met(one);
    }
  }
}
