import { MillraceError, messageOf } from "@millrace/core";
import type { ChainTask } from "../chains/chain-work.ts";
import type { BaseTask, FileSum, FilledRun, MergeTask, ReadTask, SortTask } from "../runs/store-work.ts";

/** To the thread. Each request has an id of its own; a reading one is asked for each chunk. */
export type Request =
  | { readonly id: number; readonly kind: "sort"; readonly task: SortTask }
  /** A piece of a filling, which begins with its first one; its end; and, with the filling's id, that no more is wanted of it. */
  | { readonly id: number; readonly kind: "fill"; readonly filling: number; readonly isFirst: boolean; readonly task: SortTask }
  | { readonly id: number; readonly kind: "filled"; readonly filling: number }
  | { readonly id: number; readonly kind: "unfill" }
  | { readonly id: number; readonly kind: "merge"; readonly task: MergeTask }
  | { readonly id: number; readonly kind: "base"; readonly task: BaseTask }
  | { readonly id: number; readonly kind: "chain"; readonly task: ChainTask }
  | { readonly id: number; readonly kind: "read"; readonly task: ReadTask }
  | { readonly id: number; readonly kind: "next" }
  | { readonly id: number; readonly kind: "leave" };

/** From the thread. */
export type Reply =
  | { readonly id: number; readonly kind: "done"; readonly records: number }
  | { readonly id: number; readonly kind: "runs"; readonly runs: readonly FilledRun[] }
  | { readonly id: number; readonly kind: "summed"; readonly sum: FileSum }
  | { readonly id: number; readonly kind: "chunk"; readonly chunk: Uint8Array }
  | { readonly id: number; readonly kind: "failed"; readonly error: SentError };

/** What is left of an error that was sent to another thread. */
export interface SentError {
  readonly message: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly ofMillrace: boolean;
}

export function sentError(error: unknown): SentError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const ofMillrace = error instanceof MillraceError;
  return { message: messageOf(error), code, hint: ofMillrace ? error.hint : undefined, ofMillrace };
}

export function receivedError({ message, code, hint, ofMillrace }: SentError): Error {
  if (ofMillrace && code !== undefined) return new MillraceError(code, message, hint === undefined ? {} : { hint });
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
