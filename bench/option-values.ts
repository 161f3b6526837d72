/** A whole number, from 1 on unless told; `from: anyWhole` takes every one. */
export function whole(option: string, text: string, from = 1, to = Number.MAX_SAFE_INTEGER): number {
  const value = wholeIn(text, from, to);
  if (value !== undefined) return value;
  const least = from === anyWhole ? "" : ` from ${from}`;
  throw refused(option, `a whole number${least}${to === Number.MAX_SAFE_INTEGER ? "" : ` to ${to}`}`, text);
}

export const anyWhole = Number.MIN_SAFE_INTEGER;

/** The same, with commas between them. */
export function wholes(option: string, text: string, from?: number, to?: number): readonly number[] {
  return text.split(",").map((one) => whole(option, one, from, to));
}

export function positive(option: string, text: string): number {
  const value = numberIn(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw refused(option, "a number above 0", text);
}

export function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw refused(option, known.join(", "), text);
}

/** Some of the known ones, with commas between them. */
export function someOf<T extends string>(option: string, text: string, known: readonly T[]): readonly T[] {
  return text.split(",").map((one) => oneOf(option, one, known));
}

/** A time as the command line of Millrace takes it; it is handed on as it is. */
export function duration(option: string, text: string): string {
  if (/^\d+(\.\d+)?(ms|s|m|min|h|d)$/.test(text)) return text;
  throw refused(option, "a duration such as 150ms or 5s", text);
}

/** undefined: the text is none of them. */
function wholeIn(text: string, from: number, to = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = numberIn(text);
  return Number.isSafeInteger(value) && value >= from && value <= to ? value : undefined;
}

/** `Number` takes an empty text for 0. */
function numberIn(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function refused(option: string, possible: string, text: string): Error {
  return new Error(`${option} takes ${possible}, not ${text === "" ? "nothing" : text}`);
}
