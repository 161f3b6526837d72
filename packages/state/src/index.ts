export { createHeapBackend } from "./backend/heap-backend.ts";
export type { KeyedBackend } from "./backend/keyed-backend.ts";
export type { LevelBackendOptions } from "./level/level-backend.ts";
export { createLevelBackend } from "./level/level-backend.ts";
export { LocalStore } from "./level/local-store.ts";
export type { StoreMarker } from "./level/store-marker.ts";
export type { StoredRecord, StoreSnapshot } from "./level/store-snapshot.ts";
export { BucketOrder, HeapOrder, type TimerOrder } from "./timers/timer-order.ts";
export { type TimerOrderKind, TimerQueue } from "./timers/timer-queue.ts";
