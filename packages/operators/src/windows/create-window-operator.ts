import type { Operator } from "@millrace/contracts";
import { FastWindowOperator, type KernelKind } from "./fast/fast-window-operator.ts";
import { isFast, isFastSession, isSliced } from "./fast/is-fast.ts";
import { SessionOperator } from "./fast/session-operator.ts";
import { type SessionOwnWindow, WindowOperator } from "./operator/window-operator.ts";
import { SlicedWindowOperator } from "./sliced/sliced-window-operator.ts";
import type { WindowSpec } from "./spec.ts";
import { checkWindowSpec } from "./validate.ts";

/** How an operator is made, for tests that compare the ways. Jobs use the defaults. */
export interface WindowOperatorOptions {
  /** `general`: per-key timers whatever the spec. Default: the fastest way that can run the spec. */
  readonly implementation?: KernelKind | "general";
  /** A session that grew and that equals the own window of its next record: `lost` drops its contents, as Flink does. Default `kept`. */
  readonly sessionOwnWindow?: SessionOwnWindow;
}

/** The operator that runs a window spec. Throws WINDOW_TRIGGER, WINDOW_LATENESS, WINDOW_FUNCTION for one that can't work. */
export function createWindowOperator(spec: WindowSpec, options: WindowOperatorOptions = {}): Operator<unknown, unknown> {
  checkWindowSpec(spec);
  const { implementation = "generated", sessionOwnWindow = "kept" } = options;
  if (implementation !== "general") {
    if (isSliced(spec)) return new SlicedWindowOperator(spec, implementation);
    if (isFast(spec)) return new FastWindowOperator(spec, implementation);
    if (isFastSession(spec) && sessionOwnWindow === "kept") return new SessionOperator(spec);
  }
  return new WindowOperator(spec, sessionOwnWindow);
}
