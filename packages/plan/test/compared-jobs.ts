import { type TypeDescription, t } from "@millrace/codec";
import type { LogicalPlan, PlannedState } from "../src/logical.ts";
import { compareState } from "../src/restore/compare-state.ts";
import { describeRestore } from "../src/restore/describe-restore.ts";
import type { HeldParts, RestorePlan } from "../src/restore/restore-plan.ts";
import { planOf, type TestNode } from "./plans.ts";

const everything: HeldParts = { keyed: true, positions: true, output: true, operatorState: false, inFlight: false };

/** Value state of integers, unless it is told otherwise. */
export function stateOf(
  name: string,
  codec: { type: TypeDescription; fingerprint: string } = t.integer(),
  rest: Partial<PlannedState> = {},
): PlannedState {
  return { name, kind: "value", type: codec.type, fingerprint: codec.fingerprint, ...rest };
}

/** The nodes between a source and a sink of files, each with keys. */
export function jobOf(...nodes: TestNode[]): LogicalPlan {
  const keyed = nodes.map((node) => ({ from: [{ from: "in", exchange: "hash" as const }], ...node }));
  return planOf([
    { kind: "source", uid: "in", details: { connector: "files" } },
    ...keyed,
    { kind: "sink", uid: "out", from: ["in"], details: { connector: "files" } },
  ]);
}

/** The node that most tests change. */
export const counts = (...states: PlannedState[]): TestNode => ({ kind: "keyedProcess", uid: "counts", states });

interface Settings {
  readonly allowDrop?: readonly string[];
  readonly held?: Partial<HeldParts>;
  readonly maxParallelism?: number;
}

/** What a restore would do with a snapshot that holds all parts of `before`, but for what `held` says. */
export function compare(before: LogicalPlan, now: LogicalPlan, { allowDrop, held, maxParallelism = 720 }: Settings = {}): RestorePlan {
  const parts = new Map(before.nodes.map(({ uid }) => [uid, { ...everything, ...held }]));
  return compareState({ plan: before, maxParallelism: 720, held: parts }, { plan: now, maxParallelism }, { allowDrop });
}

/** What a change of the node "counts" gives, in lines, or the reasons why it is refused. */
export function outcome(before: TestNode, now: TestNode, settings?: Settings): readonly string[] {
  const plan = compare(jobOf(before), jobOf(now), settings);
  if (plan.problems.length > 0) return plan.problems.map(({ uid, state, reason }) => `${[uid, state].filter(Boolean).join(".")}: ${reason}`);
  return describeRestore(plan).filter((line) => !/^(in|out) |its (positions|output|own state)/.test(line));
}
