import type { Operator } from "@millrace/contracts";
import { FastWindowOperator, type KernelKind } from "./fast/fast-window-operator.ts";
import { isFast } from "./fast/is-fast.ts";
import { WindowOperator } from "./operator/window-operator.ts";
import type { WindowSpec } from "./spec.ts";
import { checkWindowSpec } from "./validate.ts";

/** How an operator is made that gives the same results either way: for tests that compare the ways. */
export interface WindowOperatorOptions {
  /** `general`: per-key timers whatever the spec. Default: the fastest way that can run the spec. */
  readonly implementation?: KernelKind | "general";
}

/** The operator that runs a window spec. Throws WINDOW_TRIGGER, WINDOW_LATENESS, WINDOW_FUNCTION for one that can't work. */
export function createWindowOperator(spec: WindowSpec, options: WindowOperatorOptions = {}): Operator<unknown, unknown> {
  checkWindowSpec(spec);
  const { implementation = "generated" } = options;
  return implementation === "general" || !isFast(spec) ? new WindowOperator(spec) : new FastWindowOperator(spec, implementation);
}
