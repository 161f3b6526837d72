import type { KeyedContext, Operator } from "@millrace/contracts";
import type { BackendFactory } from "./backend-factory.ts";
import type { HarnessTime } from "./harness-time.ts";
import type { TimerObserver } from "./observed-keyed.ts";
import type { HarnessOutput } from "./output-log.ts";

export interface HarnessOptions<In, Out, In2> {
  /** A new operator, at the start and for each restore. `time` is for functions that take some. */
  readonly create: (time: HarnessTime) => Operator<In, Out, In2>;
  /** Default 1. */
  readonly inputs?: 1 | 2;
  /** Whether the operator has keyed state and timers. Default true. */
  readonly keyed?: boolean;
  /** Default: heap. */
  readonly backend?: BackendFactory;
  /** First reading of processing time. Default 0. */
  readonly clockStart?: number;
  /** `shouldYield` is true after so many emissions of one call. Default Infinity: never; 0: always. */
  readonly capacity?: number;
  readonly uid?: string;
  /** Where the record in hand came from. */
  readonly position?: (() => string | undefined) | undefined;
  readonly onOutput?: ((entry: HarnessOutput<Out>) => void) | undefined;
  readonly timerObserver?: TimerObserver | undefined;
  /** Puts something between the operator and its keyed state. */
  readonly wrapKeyed?: ((keyed: KeyedContext) => KeyedContext) | undefined;
}
