/** Where an error happened, as far as it is known. `position` is the source's own words, e.g. `flights.csv:812`. */
export interface ErrorPlace {
  readonly job?: string | undefined;
  readonly uid?: string | undefined;
  readonly subtask?: number | undefined;
  readonly key?: string | undefined;
  readonly position?: string | undefined;
}

export interface ErrorDetails {
  /** What to do next, in one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly where?: ErrorPlace | undefined;
}

/**
 * An error a user can act on: `code` is stable and documented, `message` says what happened, `hint` what to do next,
 * `where` the place. Programmer errors and impossible states are plain assertions instead.
 */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly where: ErrorPlace;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.where = details.where ?? {};
  }

  /** The same error with more known about its place; what is already known stays. */
  at(where: ErrorPlace): MillraceError {
    const error = new MillraceError(this.code, this.message, { hint: this.hint, cause: this.cause, where: { ...where, ...definedOf(this.where) } });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }
}

function definedOf(where: ErrorPlace): ErrorPlace {
  return Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error that was thrown, and what it comes of, outermost first. Errors of users may cause each other: each comes once. */
export function errorChain(error: unknown): readonly Error[] {
  const chain = new Set<Error>();
  for (let at = error; at instanceof Error && !chain.has(at); at = at.cause) chain.add(at);
  return [...chain];
}

/** One line for the terminal: message, place, hint. */
export function explain(error: unknown): string {
  if (!(error instanceof MillraceError)) return messageOf(error);
  const place = Object.entries(error.where)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  return `${error.message}${place === "" ? "" : ` (${place})`} [${error.code}]${error.hint === undefined ? "" : `\n  ${error.hint}`}`;
}
