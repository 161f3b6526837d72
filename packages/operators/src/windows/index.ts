export * from "./assigners/index.ts";
export type { WindowOperatorOptions } from "./create-window-operator.ts";
export { createWindowOperator } from "./create-window-operator.ts";
export * from "./evictors/index.ts";
export { WINDOW_TIMERS, windowStates } from "./operator/state-names.ts";
export type { ProcessWindowFunction, Window, WindowContents, WindowContext, WindowSpec } from "./spec.ts";
export * from "./triggers/index.ts";
export { checkWindowSpec } from "./validate.ts";
