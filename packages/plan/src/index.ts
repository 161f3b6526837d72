export type { FilterBody, FlatMapBody, JobGraph, MapBody, NodeBody, OperatorBody, SinkBody, SourceBody } from "./graph.ts";
export type { Exchange, LogicalPlan, NodeKind, PlanEdge, PlanNode, PlannedState, TimeDomain } from "./logical.ts";
export type { PhysicalEdge, PhysicalPlan, PhysicalTask } from "./physical.ts";
export type { PhysicalOptions } from "./to-physical.ts";
export { toPhysical } from "./to-physical.ts";
