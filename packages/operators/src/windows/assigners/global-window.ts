import type { Window } from "../spec.ts";
import { endOfStreamTrigger, never } from "../triggers/never.ts";
import type { WindowAssigner } from "./assigner.ts";

export interface GlobalWindowOptions {
  /** Fire when the input has ended. Default: the window never fires unless a trigger is given. */
  readonly endOfStreamTrigger?: boolean;
}

/** One window for all time (Flink's GlobalWindows). Name a trigger to get results out of it. */
export function globalWindow(options: GlobalWindowOptions = {}): WindowAssigner<unknown> {
  const endOfStream = options.endOfStreamTrigger ?? false;
  return Object.freeze({
    description: { type: "global", endOfStreamTrigger: endOfStream },
    time: "processing",
    merging: false,
    shape: { kind: "global" },
    defaultTrigger: endOfStream ? endOfStreamTrigger() : never(),
    assign: () => everything,
  } satisfies WindowAssigner<unknown>);
}

const everything: readonly Window[] = Object.freeze([Object.freeze({ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY })]);
