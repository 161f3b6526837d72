export type { AlignedShape, AlignmentOptions, AssignerContext, WindowAssigner, WindowShape } from "./assigner.ts";
export type { GlobalWindowOptions } from "./global-window.ts";
export { globalWindow } from "./global-window.ts";
export type { SessionOptions } from "./session.ts";
export { session } from "./session.ts";
export { sliding } from "./sliding.ts";
export { tumbling } from "./tumbling.ts";
