import { truth } from "@millrace/core";
import type { Condition, ConditionContext } from "../pattern/condition.ts";

export type Evaluator = (event: unknown, context: ConditionContext) => boolean;

/** A condition as one function. */
export function evaluatorOf(condition: Condition): Evaluator {
  switch (condition.kind) {
    case "always":
      return () => true;
    case "test": {
      const { test } = condition;
      return (event, context) => truth(test(event, context));
    }
    case "not": {
      const of = evaluatorOf(condition.of);
      return (event, context) => !of(event, context);
    }
    case "and":
    case "or": {
      const left = evaluatorOf(condition.left);
      const right = evaluatorOf(condition.right);
      return condition.kind === "and"
        ? (event, context) => left(event, context) && right(event, context)
        : (event, context) => left(event, context) || right(event, context);
    }
  }
}

/**
 * Whether a condition may hold for an event, whatever was matched before: true when only an iterative part could tell.
 * `hold` false: whether it may fail.
 */
export function mayBe(condition: Condition, hold: boolean): (event: unknown) => boolean {
  switch (condition.kind) {
    case "always":
      return () => hold;
    case "test": {
      const { test, iterative } = condition;
      return iterative ? () => true : (event) => truth(test(event, noContext)) === hold;
    }
    case "not":
      return mayBe(condition.of, !hold);
    case "and":
    case "or": {
      const left = mayBe(condition.left, hold);
      const right = mayBe(condition.right, hold);
      return (condition.kind === "and") === hold ? (event) => left(event) && right(event) : (event) => left(event) || right(event);
    }
  }
}

/** Functions of one parameter are called with it; they don't look. */
const noContext = Object.freeze({}) as ConditionContext;
