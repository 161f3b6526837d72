export { createBroadcastProcessOperator, createKeyedBroadcastProcessOperator } from "./broadcast-operators.ts";
