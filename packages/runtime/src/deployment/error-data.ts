import { AssertionError, type ErrorPlace, MillraceError, messageOf } from "@millrace/core";

/** An error as plain data, for another thread. */
export interface ErrorData {
  readonly kind: "millrace" | "assertion" | "other";
  /** Of the class. */
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly hint: string | undefined;
  readonly where: ErrorPlace;
  readonly cause: ErrorData | undefined;
}

const CAUSES_MAX = 8;

/** Of whatever was thrown: an error of a user may have anything in the place of words, or throw when it is asked for them. */
export function errorToData(error: unknown, depth = 0): ErrorData {
  const known = error instanceof MillraceError ? error : undefined;
  const plain = error instanceof Error ? error : undefined;
  const cause = told(() => plain?.cause);
  return {
    kind: known !== undefined ? "millrace" : error instanceof AssertionError ? "assertion" : "other",
    name: wordsOf(() => plain?.name ?? "Error"),
    code: wordsOf(() => (error as { code?: unknown } | null | undefined)?.code ?? ""),
    message: wordsOf(() => messageOf(error)),
    stack: plain === undefined ? undefined : stackOf(plain),
    hint: known?.hint,
    where: known?.where ?? {},
    cause: cause === undefined || depth >= CAUSES_MAX ? undefined : errorToData(cause, depth + 1),
  };
}

function wordsOf(tell: () => unknown): string {
  try {
    return String(tell());
  } catch {
    return "(no words)";
  }
}

/** Made when it is asked for, of name and message, and by a function that users may replace. */
function stackOf(error: Error): string | undefined {
  const stack = told(() => error.stack);
  return typeof stack === "string" ? stack : undefined;
}

/** What an error of users says of itself; undefined: it throws when it is asked. */
function told(tell: () => unknown): unknown {
  try {
    return tell();
  } catch {
    return undefined;
  }
}

/** The error again, of the same kind; classes of users become Error with their name. */
export function errorFromData(data: ErrorData): Error {
  const error = errorOf(data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

function errorOf({ kind, name, code, message, hint, where, cause: inner }: ErrorData): Error {
  const cause = inner === undefined ? undefined : errorFromData(inner);
  switch (kind) {
    case "millrace":
      return new MillraceError(code, message, { hint, where, cause });
    case "assertion":
      return Object.assign(new AssertionError(message), cause === undefined ? {} : { cause });
    case "other":
      return Object.assign(new Error(message, cause === undefined ? {} : { cause }), { name }, code === "" ? {} : { code });
  }
}
