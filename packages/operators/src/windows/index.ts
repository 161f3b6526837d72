export * from "./assigners/index.ts";
export * from "./evictors/index.ts";
export type { ProcessWindowFunction, Window, WindowContents, WindowContext, WindowSpec } from "./spec.ts";
export * from "./triggers/index.ts";
