import { type ErrorPlace, MillraceError } from "@millrace/core";

/** An error as it stands in a log line. */
export interface ErrorFields {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly where?: ErrorPlace;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** Causes are followed five deep. Errors that a user can act on carry no stack of their own: code and place say more. */
export function errorFields(error: unknown, depth = 5): ErrorFields {
  if (!(error instanceof Error)) return { message: String(error) };
  const known = error instanceof MillraceError ? error : undefined;
  return {
    ...(known !== undefined && { code: known.code }),
    message: error.message,
    ...(known?.hint !== undefined && { hint: known.hint }),
    ...(known !== undefined && Object.keys(known.where).length > 0 && { where: known.where }),
    ...(known === undefined && error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth > 0 && { cause: errorFields(error.cause, depth - 1) }),
  };
}
