import { MillraceError } from "@millrace/core";

/** Refuses what is not a positive whole number, with WINDOW_TRIGGER. `what` says which setting of which trigger it is. */
export function checkPositive(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new MillraceError("WINDOW_TRIGGER", `${what} must be a positive whole number, not ${value}`);
}
