export { boundGarbage } from "./garbage-bound.ts";
export { inlineFurther } from "./inlining.ts";
export { listenerFailed } from "./listener-failed.ts";
export { nodeProcessFacts } from "./process-facts.ts";
export { runtimeDirectory } from "./runtime-directory.ts";
