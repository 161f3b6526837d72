import { getBuiltinModule, memoryUsage } from "node:process";
import type { Cancel } from "@millrace/core";

/**
 * V8 lets garbage grow to as much as is alive, or more, before it collects. Less of it costs processor time (a program that does
 * nothing but make garbage takes nearly twice as long), so this is asked for only when the process has come near its bound.
 */
const GARBAGE_PERCENT_MAX = 40;
const TIGHTEN_AT = 0.6;
const RELAX_AT = 0.45;
const LOOK_EVERY_MS = 250;

/** Jobs of this process that are near their bounds. */
let near = 0;

/** Has garbage collected sooner, in all threads, while the process holds a good part of `memoryBytes`; until it is cancelled. */
export function boundGarbage(memoryBytes: number): Cancel {
  let tight = false;
  const set = (wanted: boolean): void => {
    if (tight === wanted) return;
    tight = wanted;
    near += wanted ? 1 : -1;
    // 0: V8 decides.
    getBuiltinModule("node:v8").setFlagsFromString(`--heap-growing-percent=${near > 0 ? GARBAGE_PERCENT_MAX : 0}`);
  };
  const timer = setInterval(() => set(memoryUsage.rss() > memoryBytes * (tight ? RELAX_AT : TIGHTEN_AT)), LOOK_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    set(false);
  };
}
