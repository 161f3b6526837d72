export { deepFreeze } from "./deep-freeze.ts";
export type { VerifyOptions } from "./verify-operator.ts";
export { verifyOperator } from "./verify-operator.ts";
