export { nodeProcessFacts } from "./process-facts.ts";
export { runtimeDirectory } from "./runtime-directory.ts";
