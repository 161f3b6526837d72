export * from "./process/index.ts";
export * from "./watermarks/index.ts";
