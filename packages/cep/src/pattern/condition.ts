/** What a condition may ask about the partial match that the event would become part of. `M`: the events of each pattern name. */
export interface ConditionContext<M = Readonly<Record<string, unknown>>> {
  /** The events matched so far under a name, in their order; empty when there are none. */
  events<N extends keyof M & string>(name: N): readonly M[N][];
  /** Of the event. */
  timestamp(): number;
  currentProcessingTime(): number;
}

/** The runtime's view of a user's condition. */
export type ConditionFunction = (event: unknown, context: ConditionContext) => boolean;

/** A condition on an event, as frozen data with the user's functions as its leaves. */
export type Condition =
  | { readonly kind: "always" }
  /** `iterative`: the function looks at the context, so its answer differs from one partial match to another. */
  | { readonly kind: "test"; readonly test: ConditionFunction; readonly iterative: boolean }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly of: Condition };

export const always: Condition = Object.freeze({ kind: "always" });

/**
 * A user's function as a condition. One that declares a second parameter is iterative; any other is asked about an event
 * alone, and may be asked before the event's turn has come.
 */
export function conditionOf(test: ConditionFunction): Condition {
  return Object.freeze({ kind: "test", test, iterative: test.length > 1 });
}

export function and(left: Condition, right: Condition): Condition {
  if (left.kind === "always") return right;
  return right.kind === "always" ? left : Object.freeze({ kind: "and", left, right });
}

export function or(left: Condition, right: Condition): Condition {
  return Object.freeze({ kind: "or", left, right });
}

export function not(of: Condition): Condition {
  return Object.freeze({ kind: "not", of });
}

/** The user's functions that a condition is made of. */
export function testsOf(condition: Condition | undefined): ConditionFunction[] {
  if (condition === undefined || condition.kind === "always") return [];
  switch (condition.kind) {
    case "test":
      return [condition.test];
    case "not":
      return testsOf(condition.of);
    default:
      return [...testsOf(condition.left), ...testsOf(condition.right)];
  }
}
