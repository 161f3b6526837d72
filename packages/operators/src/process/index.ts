export { createCoFlatMapOperator, createCoMapOperator } from "./co-map-operators.ts";
export { createFinalReduceOperator } from "./final-reduce-operator.ts";
export { createKeyedCoProcessOperator } from "./keyed-co-process-operator.ts";
export { createKeyedProcessOperator } from "./keyed-process-operator.ts";
export { createCoProcessOperator, createProcessOperator } from "./process-operator.ts";
export { createReduceOperator, REDUCE_STATE } from "./reduce-operator.ts";
export { createSideEmitter, type OutputTags, type SideEmitter } from "./side-outputs.ts";
export { userFunctionError } from "./user-error.ts";
export { VOID_NAMESPACE, voidNamespaceCodec } from "./void-namespace.ts";
