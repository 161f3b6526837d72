import type { Operator, OperatorContext } from "millrace";
import { type Reading, show } from "./reading.ts";

/**
 * Keeps what it is given to the end: operator state, whose items are dealt out anew to other subtasks, or, "union", of which each
 * subtask is given all and goes on with its share. `word`: the beginning of its lines.
 */
export function keeping(word: string, stateMode?: "union"): Operator<Reading, string> {
  let context: OperatorContext<string>;
  const kept: string[] = [];
  const isOurs = (index: number): boolean => stateMode === undefined || index % context.parallelism === context.subtask;
  return {
    ...(stateMode === undefined ? {} : { stateMode }),
    open(opened) {
      context = opened;
    },
    processElement(one) {
      kept.push(show(one));
    },
    endInput() {
      // A checkpoint may still come behind this, with what was emitted published.
      for (const one of kept.splice(0)) context.output.collect(`${word} ${one}`, 0);
    },
    snapshotState: () => [...kept],
    restoreState(items) {
      kept.push(...items.map(String).filter((_, index) => isOurs(index)));
    },
  };
}
