export * from "./drivers/index.ts";
export * from "./harness/index.ts";
export * from "./semantics/index.ts";
export * from "./simulated/index.ts";
export * from "./verify/index.ts";
