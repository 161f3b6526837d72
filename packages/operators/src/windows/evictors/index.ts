export { countEvictor } from "./count-evictor.ts";
export { deltaEvictor } from "./delta-evictor.ts";
export type { Evictor, EvictorContext, EvictorOptions, TimestampedValue } from "./evictor.ts";
export { timeEvictor } from "./time-evictor.ts";
