export { createBroadcastProcessOperator, createKeyedBroadcastProcessOperator } from "./broadcast-operators.ts";
export { tryBroadcastMigrations } from "./broadcast-store.ts";
