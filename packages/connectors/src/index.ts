export { type CollectSink, collect } from "./collect/collect.ts";
export { type CollectionOptions, collection } from "./collection/collection.ts";
export { type DatagenOptions, datagen } from "./datagen/datagen.ts";
export { discard } from "./discard/discard.ts";
export * from "./files/index.ts";
export { type PrintOptions, print } from "./print/print.ts";
export type { IndexedSplit } from "./splits/indexed-reader.ts";
export { type StdinOptions, type StdinSource, type StdinSplit, stdin } from "./stdin/stdin.ts";
