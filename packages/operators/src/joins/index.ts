export {
  createIntervalJoinOperator,
  type IntervalJoinSpec,
  intervalJoinStates,
  type JoinContext,
  type JoinKind,
} from "./interval-join.ts";
