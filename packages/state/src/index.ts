export { createHeapBackend } from "./engine/heap.ts";
export type { LevelBackendOptions } from "./engine/level/level-backend.ts";
export { createLevelBackend } from "./engine/level/level-backend.ts";
export type { StoreMarker } from "./engine/level/local-store.ts";
export { LocalStore } from "./engine/level/local-store.ts";
