/**
 * What becomes of other partial and complete matches when a match is emitted (Flink's AfterMatchSkipStrategy). Under all but
 * `noSkip` a match waits until no earlier partial match can become one.
 */
export type AfterMatchSkip =
  | { readonly kind: "noSkip" }
  /** Drops those that begin with the same event. */
  | { readonly kind: "skipToNext" }
  /** Drops those that begin before the end of the match. */
  | { readonly kind: "skipPastLastEvent" }
  /** Drop those that begin before the first or last event under a name; `throwOnMiss`: the job fails when there is none. */
  | { readonly kind: "skipToFirst" | "skipToLast"; readonly name: string; readonly throwOnMiss: boolean };

export interface SkipToOptions {
  /** Fail with CEP_SKIP when the match has no event of that name, or begins with it, so that there is nothing to skip. */
  readonly throwOnMiss?: boolean;
}

/** Every match is emitted. */
export function noSkip(): AfterMatchSkip {
  return Object.freeze({ kind: "noSkip" });
}

export function skipToNext(): AfterMatchSkip {
  return Object.freeze({ kind: "skipToNext" });
}

export function skipPastLastEvent(): AfterMatchSkip {
  return Object.freeze({ kind: "skipPastLastEvent" });
}

export function skipToFirst(name: string, options: SkipToOptions = {}): AfterMatchSkip {
  return Object.freeze({ kind: "skipToFirst", name, throwOnMiss: options.throwOnMiss ?? false });
}

export function skipToLast(name: string, options: SkipToOptions = {}): AfterMatchSkip {
  return Object.freeze({ kind: "skipToLast", name, throwOnMiss: options.throwOnMiss ?? false });
}
