import type { Condition } from "../pattern/condition.ts";

/** What a condition is for every event, whatever the user's functions say; undefined: it depends on them. */
export function constantOf(condition: Condition): boolean | undefined {
  switch (condition.kind) {
    case "always":
      return true;
    case "test":
      return undefined;
    case "not": {
      const of = constantOf(condition.of);
      return of === undefined ? undefined : !of;
    }
    case "and":
    case "or": {
      const decisive = condition.kind === "or";
      const left = constantOf(condition.left);
      const right = constantOf(condition.right);
      if (left === decisive || right === decisive) return decisive;
      return left === undefined || right === undefined ? undefined : !decisive;
    }
  }
}
