export * from "./process/index.ts";
export * from "./watermarks/index.ts";
export * from "./windows/index.ts";
