import { longestGap } from "../compile/automaton.ts";
import type { State } from "../compile/state.ts";
import { reachable } from "./can-match.ts";
import { constantOf } from "./fold.ts";

/** Why a pattern without a time for the whole may keep partial matches for ever; undefined: it can't. */
export function whyUnbounded(states: readonly State[], start: State): string | undefined {
  const reached = reachable(start);
  for (const state of states) {
    if (!reached.has(state) || state === start || state.kind === "stop" || state.kind === "final") continue;
    const waits = state.edges.some((edge) => edge.action === "ignore" && edge.target === state && constantOf(edge.condition) !== false);
    if (waits && longestGap(state) === undefined) return `"${state.name}" may be waited for for ever`;
    if (loops(state)) return `"${state.name}" may be repeated for ever`;
  }
  return undefined;
}

/** Whether events can lead from a state to itself again, other than by passing over them. */
function loops(from: State): boolean {
  const seen = new Set<State>();
  const next = [from];
  for (let state = next.pop(); state !== undefined; state = next.pop()) {
    for (const { action, target } of state.edges) {
      if (action === "ignore" && target === state) continue;
      if (target === from) return true;
      if (!seen.has(target)) next.push(target);
      seen.add(target);
    }
  }
  return false;
}
