export type { ErrorFields } from "./error-fields.ts";
export { errorFields } from "./error-fields.ts";
export type { LogRecord } from "./events.ts";
export { logEvent, logRecordOf, progressRecord } from "./events.ts";
export { heldLogger } from "./held-logger.ts";
export type { LoggerOptions } from "./logger.ts";
export { createLogger } from "./logger.ts";
export { redactor } from "./redact.ts";
