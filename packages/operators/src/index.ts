export * from "./async/index.ts";
export * from "./broadcast/index.ts";
export * from "./joins/index.ts";
export * from "./process/index.ts";
export * from "./watermarks/index.ts";
export * from "./windows/index.ts";
