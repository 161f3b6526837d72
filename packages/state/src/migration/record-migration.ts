import type { Rewrite } from "@millrace/codec";

/** How the records of one operator are made into those of an edited one. States and timers that it does not name go through as they are. */
export interface RecordMigration {
  /** In the job that is restored. */
  readonly uid: string;
  readonly states: readonly StateMigration[];
  /** Timers are left out. */
  readonly dropsTimers: boolean;
  /** Each timer that ends a window is joined by one at the new end. */
  readonly movedEnds?: MovedEnds | undefined;
}

export type StateMigration = DroppedState | RewrittenState;

export interface DroppedState {
  readonly kind: "dropped";
  /** The state's name in the snapshot. */
  readonly from: string;
}

export interface RewrittenState {
  readonly kind: "rewritten";
  readonly from: string;
  readonly to: string;
  /** How its values are laid out: as one, or as a collection with pages. */
  readonly layout: "value" | "list" | "map";
  /** Makes a value, element, entry or accumulator; undefined: the bytes stay. */
  readonly value: ValueRewrite | undefined;
  /** As `StateDeclaration.kind`, for the headers of files. */
  readonly declared: string;
  /** Of the codecs of a map's keys (with a colon) and of the value, for headers. */
  readonly fingerprint: string;
  /** A timer of this service for each window. */
  readonly windowTimers?: (WindowTimers & { readonly service: string }) | undefined;
}

/** The parts of a value that are written anew; each reads all that it writes. */
export interface ValueRewrite {
  /** Of a value without its time of writing. */
  readonly value: Rewrite;
  /** Of a map's key. */
  readonly key: Rewrite;
  readonly ttl: TtlRewrite;
}

/** `added`: values were without a time, and get this one. */
export type TtlRewrite = { readonly kind: "none" | "kept" | "removed" } | { readonly kind: "added"; readonly now: number };

/** As in the restore plan. */
export interface WindowTimers {
  readonly sizeMs: number;
  readonly afterEndMs: readonly number[];
}

export interface MovedEnds {
  readonly sizeMs?: number;
  readonly fromMs: number;
  readonly toMs: number;
}
