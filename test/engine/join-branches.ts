import type { DataStream } from "millrace";
import { joinBranches as branches, type TwoWayBranch } from "../../apps/sim/src/jobs/join-branches.ts";
import type { Reading } from "./jobs.ts";

/** Branches of two ways through the job that the simulator draws, too. */
export const joinBranchNames = ["coFlatMap", "intervalJoin", "windowJoin", "coGroup", "temporalJoin", "broadcast"] as const;
type JoinBranch = (typeof joinBranchNames)[number];

export const joinBranches: Readonly<Record<JoinBranch, (all: DataStream<Reading>) => DataStream<string>[]>> = byName(({ build }) => build);

export const joinOracles: Readonly<Record<JoinBranch, (input: readonly Reading[]) => string[]>> = byName(
  ({ lines }) =>
    (input) =>
      lines(input).toSorted(),
);

function byName<V>(of: (branch: TwoWayBranch) => V): Record<JoinBranch, V> {
  const entries = joinBranchNames.map((name): [JoinBranch, V] => {
    const branch = branches.find((one) => one.name === name);
    if (branch === undefined) throw new Error(`the simulator has no branch ${name}`);
    return [name, of(branch)];
  });
  return Object.fromEntries(entries) as Record<JoinBranch, V>;
}
