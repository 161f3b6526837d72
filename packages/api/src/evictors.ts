import { countEvictor as countEvictorOfAny, type Evictor, type EvictorOptions, timeEvictor as timeEvictorOfAny } from "@millrace/operators";

// These two look at no value, so they serve any stream. A type that is nobody's (never) says so wherever the call stands alone.

/** Keeps the last `count` elements of a window. Throws WINDOW_EVICTOR. */
export const countEvictor = countEvictorOfAny as <T = never>(count: number, options?: EvictorOptions) => Evictor<T>;

/** Keeps the elements of a window that are less than `sizeMs` older than its newest. Throws WINDOW_EVICTOR. */
export const timeEvictor = timeEvictorOfAny as <T = never>(sizeMs: number, options?: EvictorOptions) => Evictor<T>;
