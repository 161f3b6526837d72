export type { CombinedWatermarks } from "./combined-watermarks.ts";
export { createCombinedWatermarks } from "./combined-watermarks.ts";
