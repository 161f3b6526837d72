import { MillraceError } from "@millrace/core";

/** A pattern that says something impossible. */
export function refuse(message: string, hint: string, code = "CEP_PATTERN"): never {
  throw new MillraceError(code, message, { hint });
}
