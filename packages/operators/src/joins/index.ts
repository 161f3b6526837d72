export {
  createIntervalJoinOperator,
  type IntervalJoinSpec,
  intervalJoinStates,
  type JoinContext,
  type JoinKind,
} from "./interval-join.ts";
export { type IntervalOptions, type JoinInterval, joinInterval } from "./join-interval.ts";
export { checkTemporalJoin, createTemporalJoinOperator, type TemporalJoinSpec, temporalJoinStates } from "./temporal-join.ts";
export { createWindowJoinOperator, type WindowJoinContext, type WindowJoinSpec, windowSpecOf } from "./window/window-join.ts";
