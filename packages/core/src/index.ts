export { AssertionError, assert, unreachable } from "./assert.ts";
export { checkChoice } from "./check-choice.ts";
export { defineField } from "./define-field.ts";
export type { ErrorDetails, ErrorPlace } from "./errors.ts";
export { errorChain, explain, MillraceError, messageOf } from "./errors.ts";
export { fmix32 } from "./fmix32.ts";
export type { Json } from "./json.ts";
export { canonicalJson } from "./json.ts";
export { checkKey, keyKind } from "./keys/check-key.ts";
export type { Key, PrimitiveKey } from "./keys/java-hash.ts";
export { javaHash, keyHash } from "./keys/java-hash.ts";
export { defaultMaxParallelism, keyGroupOf, keyGroupRange, murmurHash, subtaskOf } from "./keys/key-groups.ts";
export { Lane } from "./lane.ts";
export { limits } from "./limits.ts";
export type { NumberRange } from "./number-range.ts";
export { isInRange, rangeText } from "./number-range.ts";
export { onceFor } from "./once-for.ts";
export * from "./ports/index.ts";
export { checkReturned, isThenable, returned, truth } from "./returned.ts";
export type { WatermarkJson } from "./time.ts";
export {
  checkTimerTime,
  checkTimestamp,
  checkWatermark,
  days,
  hours,
  isTime,
  milliseconds,
  minutes,
  NO_TIMESTAMP,
  seconds,
  TIME_LIMIT,
  WATERMARK_MAX,
  WATERMARK_MIN,
  watermarkFromJson,
  watermarkToJson,
  wholeMilliseconds,
} from "./time.ts";
