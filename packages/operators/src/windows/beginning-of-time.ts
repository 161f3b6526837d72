import { TIME_LIMIT } from "@millrace/core";

/** Flink's least long, as far as windows are concerned: a time without a timestamp is as early as a watermark before the first. */
export const BEGINNING_OF_TIME: number = -TIME_LIMIT - 1;
