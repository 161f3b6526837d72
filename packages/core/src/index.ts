export { AssertionError, assert, unreachable } from "./assert.ts";
export type { ErrorDetails, ErrorPlace } from "./errors.ts";
export { explain, MillraceError, messageOf } from "./errors.ts";
export type { Json } from "./json.ts";
export { canonicalJson } from "./json.ts";
export { limits } from "./limits.ts";
export * from "./ports/index.ts";
export { checkTimestamp, days, hours, milliseconds, minutes, NO_TIMESTAMP, seconds, TIME_LIMIT, WATERMARK_MAX, WATERMARK_MIN } from "./time.ts";
