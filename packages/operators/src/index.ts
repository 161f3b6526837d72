export * from "./watermarks/index.ts";
