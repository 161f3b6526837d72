export {
  createIntervalJoinOperator,
  type IntervalJoinSpec,
  intervalJoinStates,
  type JoinContext,
  type JoinKind,
} from "./interval-join.ts";
export { createWindowJoinOperator, type WindowJoinContext, type WindowJoinSpec, windowSpecOf } from "./window/window-join.ts";
