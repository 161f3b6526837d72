export { createAsyncOperator } from "./async-operator.ts";
export type { AsyncSpec } from "./async-spec.ts";
export { checkCacheOptions, LookupCache, type LookupCacheOptions } from "./lookup-cache.ts";
export { createLookupFunction, type LookupContext, type LookupSpec } from "./lookup-function.ts";
export {
  type AsyncRetryStrategy,
  asyncRetry,
  type ExponentialBackoffOptions,
  type FixedDelayOptions,
  type RetryPredicates,
} from "./retry.ts";
export { migrateElements } from "./stored-element.ts";
