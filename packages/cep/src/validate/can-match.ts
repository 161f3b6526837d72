import type { State } from "../compile/state.ts";
import { constantOf } from "./fold.ts";

/** Why no stream of events can match; undefined: nothing stands in the way but the user's functions. */
export function whyNeverMatches(states: readonly State[], start: State): string | undefined {
  const reached = reachable(start);
  if ([...reached].some((state) => state.kind === "final" || state.kind === "pending")) return undefined;
  const blocked = states.find((state) => reached.has(state) && isForbidden(state));
  const stop = blocked?.edges.find((edge) => edge.target.kind === "stop" && constantOf(edge.condition) === true)?.target;
  return stop === undefined ? "its conditions leave no way to its end" : `"${stop.name}" has no condition, so that every event is forbidden there`;
}

/** States that some events may lead to. Where every event is forbidden, one may still complete a match. */
export function reachable(start: State): ReadonlySet<State> {
  const reached = new Set([start]);
  for (const state of reached) {
    const forbidden = state.kind !== "pending" && isForbidden(state);
    for (const { target, condition } of state.edges) {
      if (constantOf(condition) === false) continue;
      if (!forbidden) reached.add(target);
      else for (const end of endsBehind(target)) reached.add(end);
    }
  }
  return reached;
}

/** The final state, if a state leads there without a further event. */
function endsBehind(from: State): readonly State[] {
  const seen = new Set([from]);
  for (const state of seen) {
    for (const { action, target, condition } of state.edges) if (action === "proceed" && constantOf(condition) !== false) seen.add(target);
  }
  return [...seen].filter((state) => state.kind === "final");
}

/** Whether every event is forbidden in a state. */
function isForbidden(state: State, seen: ReadonlySet<State> = new Set()): boolean {
  return state.edges.some(({ action, target, condition }) => {
    if (action !== "proceed" || constantOf(condition) !== true || seen.has(target)) return false;
    return target.kind === "stop" || isForbidden(target, new Set([...seen, state]));
  });
}
