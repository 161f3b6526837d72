import type { DataStream } from "millrace";
import type { Branch } from "../../apps/sim/src/jobs/branch.ts";
import { clockBranches } from "../../apps/sim/src/jobs/clock-branches.ts";
import { connectedBranches } from "../../apps/sim/src/jobs/connected-branches.ts";
import { exchangeBranches } from "../../apps/sim/src/jobs/exchange-branches.ts";
import { joinBranches as branches, type TwoWayBranch } from "../../apps/sim/src/jobs/join-branches.ts";
import { ownOperatorBranches } from "../../apps/sim/src/jobs/own-operator-branches.ts";
import { patternBranches } from "../../apps/sim/src/jobs/pattern-branches.ts";
import { windowBranches } from "../../apps/sim/src/jobs/window-branches.ts";
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
  return Object.fromEntries(joinBranchNames.map((name) => [name, of(found(branches, name) as TwoWayBranch)])) as Record<JoinBranch, V>;
}

/** Others of the simulator's branches, whose results no interleaving changes. */
export const simulatedNames = [
  "coMap",
  "coUnkeyed",
  "intervalLeft",
  "intervalRight",
  "versions",
  "windowPairs",
  "ownOperator",
  "windowAll",
  "windowReduce",
  "windowContents",
  "evictor",
  "timeEvictor",
  "trigger",
  "countWindow",
  "clockTimers",
  "partitions",
  "spread",
  "pattern",
  "patternNext",
  "patternAny",
  "patternLoop",
  "patternTimes",
  "patternRise",
  "patternNot",
  "patternTimedOut",
  "patternAtOnce",
] as const;
type SimulatedBranch = (typeof simulatedNames)[number];

const others: readonly Branch[] = [
  ...windowBranches,
  ...clockBranches,
  ...exchangeBranches,
  ...connectedBranches,
  ...patternBranches,
  ...ownOperatorBranches,
];

export const simulatedBranches = Object.fromEntries(simulatedNames.map((name) => [name, found(others, name)])) as Readonly<
  Record<SimulatedBranch, Branch>
>;

function found<B extends Branch>(among: readonly B[], name: string): B {
  const branch = among.find((one) => one.name === name);
  if (branch === undefined) throw new Error(`the simulator has no branch ${name}`);
  return branch;
}
