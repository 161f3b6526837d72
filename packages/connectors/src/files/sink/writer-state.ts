import type { Json } from "@millrace/core";

/** What a writer leaves in a checkpoint. JSON. */
export type WriterState = {
  readonly runId: string;
  readonly subtask: number;
  /** Files with this counter or a higher one were begun after the checkpoint. */
  readonly nextCounter: number;
  /** Columns found in the first record. */
  readonly columns: readonly string[] | null;
  /** Files that stay open across the checkpoint, with the length they had. */
  readonly open: readonly OpenPart[];
};

export type OpenPart = { readonly partition: string; readonly name: string; readonly bytes: number };

export function writerStatesOf(states: readonly Json[]): readonly WriterState[] {
  return states as unknown as readonly WriterState[];
}
