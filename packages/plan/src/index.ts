export { typeText } from "@millrace/codec";
export type { NodeSpec } from "./builder.ts";
export { type ExecutionMode, PlanBuilder } from "./builder.ts";
export type { PlanWarning } from "./check.ts";
export { checkPlan } from "./check.ts";
export { describePlanDifference } from "./difference.ts";
export { drawMermaid } from "./draw/draw-mermaid.ts";
export type { DrawTextOptions } from "./draw/draw-text.ts";
export { drawText } from "./draw/draw-text.ts";
export { stateText } from "./draw/facts.ts";
export type { FilterBody, FlatMapBody, JobGraph, MapBody, NodeBody, OperatorBody, Partitioner, SinkBody, SourceBody } from "./graph.ts";
export { planHash } from "./hash.ts";
export type { KindTraits } from "./kinds.ts";
export { hasWindows, kindTraits } from "./kinds.ts";
export type { Exchange, LogicalPlan, NodeKind, PlanEdge, PlanNode, PlannedState, TimeDomain } from "./logical.ts";
export { isKeyed, maxParallelismOf } from "./nodes.ts";
export type { PhysicalEdge, PhysicalPlan, PhysicalTask } from "./physical.ts";
export { compareState } from "./restore/compare-state.ts";
export { describeRestore } from "./restore/describe-restore.ts";
export type {
  HeldParts,
  JobFacts,
  MovedEnds,
  OperatorRestore,
  PartKind,
  PartRestore,
  RestoreOptions,
  RestoreOutcome,
  RestorePlan,
  RestoreProblem,
  SnapshotFacts,
  WindowTimers,
} from "./restore/restore-plan.ts";
export { snapshotFactsOf } from "./restore/snapshot-facts.ts";
export type { PhysicalOptions } from "./to-physical.ts";
export { toPhysical } from "./to-physical.ts";
export type { CallSites } from "./validate.ts";
export { validateGraph, validatePlan } from "./validate.ts";
