import { MillraceError, messageOf } from "@millrace/core";

/** The standard output could not be written, and not because its reader has gone. */
export function outputLost(error: Error, hint = "make room, or write elsewhere; what was said is not whole"): MillraceError {
  return new MillraceError("OUTPUT_WRITE", `the standard output can't be written: ${messageOf(error)}`, { cause: error, hint });
}
