/** Which numbers an option may be. */
export interface NumberRange {
  readonly from: number;
  /** Infinity: it may be that, too. */
  readonly to: number;
  readonly whole: boolean;
}

export function isInRange(value: unknown, { from, to, whole }: NumberRange): boolean {
  return typeof value === "number" && value >= from && value <= to && (!whole || Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
}

/** For errors, e.g. "a whole number from 1"; of any sign where it begins with the least there is. */
export function rangeText({ from, to, whole }: NumberRange): string {
  const least = from === Number.MIN_SAFE_INTEGER ? "" : ` from ${from}`;
  return `a ${whole ? "whole " : ""}number${least}${to === Number.POSITIVE_INFINITY ? ", or Infinity" : ""}`;
}
