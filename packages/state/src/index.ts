export { createHeapBackend } from "./heap.ts";
export type { LevelBackendOptions } from "./level/level-backend.ts";
export { createLevelBackend } from "./level/level-backend.ts";
export type { StoreMarker } from "./level/local-store.ts";
export { LocalStore } from "./level/local-store.ts";
