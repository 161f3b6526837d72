import { WATERMARK_MAX } from "@millrace/core";
import type { Operator, OperatorContext } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { show } from "./reading.ts";

/** More than the channels behind one subtask of a narrow job take: eight records to each of four subtasks. */
const FULL_BY = 36;

/** Keeps what it is given, and gives all of it away at the end, as long as there is room for it. `narrow`: where it has channels behind it, they are. */
function pouring(narrow: boolean): Operator<string, string> {
  let context: OperatorContext<string>;
  const kept: string[] = [];
  return {
    open(opened) {
      context = opened;
    },
    processElement(line) {
      kept.push(line);
    },
    onWatermark(watermark) {
      // A single subtask is in one task with those behind it.
      const most = narrow && context.parallelism > 1 ? FULL_BY : Number.POSITIVE_INFINITY;
      for (let given = 0; watermark === WATERMARK_MAX && kept.length > 0; given++) {
        if (context.shouldYield()) return false;
        if (given > most) throw new Error(`there is still room behind ${given} records that nobody has taken`);
        context.output.collect(kept.shift() as string, 0);
      }
      return true;
    },
    snapshotState: () => [...kept],
    restoreState(items) {
      kept.push(...items.map(String));
    },
  };
}

/** An operator that fires more than the channels behind it take. */
export const pouringBranch: Branch = {
  name: "pouring",
  ordered: false,
  build: (all, _edition, narrow = false) => {
    const poured = all.map((one) => `pouring ${show(one)}`).transform(() => pouring(narrow), { uid: "pouring" });
    return [poured.rebalance().map((line) => line)];
  },
  judge: exactly("pouring", (input) => input.map((one) => `pouring ${show(one)}`)),
};
