export * from "./harness/index.ts";
export * from "./semantics/index.ts";
