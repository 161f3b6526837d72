import type { Operator, OperatorContext } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** Keeps what it is given to the end. After a restore each subtask is given what all have kept, and goes on with its share. */
function sharing(): Operator<Reading, string> {
  let context: OperatorContext<string>;
  const kept: string[] = [];
  return {
    stateMode: "union",
    open(opened) {
      context = opened;
    },
    processElement(one) {
      kept.push(show(one));
    },
    endInput() {
      for (const one of kept.splice(0)) context.output.collect(`sharing ${one}`, 0);
    },
    snapshotState: () => [...kept],
    restoreState(items) {
      kept.push(...items.map(String).filter((_, index) => index % context.parallelism === context.subtask));
    },
  };
}

export const sharingBranch: Branch = {
  name: "sharing",
  ordered: false,
  build: (all) => [all.rebalance().transform(sharing, { uid: "sharing" })],
  judge: exactly("sharing", (input) => input.map((one) => `sharing ${show(one)}`)),
};
