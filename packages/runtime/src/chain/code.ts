import type { Operator, OperatorMetrics } from "@millrace/contracts";
import { AssertionError, MillraceError, messageOf } from "@millrace/core";

/** What the nodes of a program are bound to in one subtask. */
export interface ChainBindings {
  /** User functions of map, filter and flatMap nodes, by node id. */
  readonly functions: ReadonlyMap<number, (value: unknown) => unknown>;
  readonly operators: ReadonlyMap<number, Operator<unknown, unknown, unknown>>;
  readonly sinks: ReadonlyMap<number, RecordWriter>;
  readonly edges: readonly EdgePush[];
  readonly metrics: ReadonlyMap<number, OperatorMetrics>;
  readonly control: ChainControl;
}

export interface RecordWriter {
  write(value: unknown, timestamp: number): void;
}
export interface EdgePush {
  push(value: unknown, timestamp: number): void;
}

/** Shared by everything of one task that may ask the batch loop to stop after the current record. */
export interface ChainControl {
  interrupt: boolean;
}

export type Emit = (value: unknown, timestamp: number) => void;

/** An executable chain. Two makers stand behind it, generated and interpreted code, with one test suite. */
export interface ChainCode {
  /**
   * Runs records [from, to) through the head's given input; returns the index after the last record taken, smaller than
   * `to` when `control.interrupt` was set. A failure is thrown as ChainFailure.
   */
  batch(input: 0 | 1, values: readonly unknown[], timestamps: ArrayLike<number>, from: number, to: number): number;
  /** Takes what a node emits, for operators and sources. */
  emit(node: number): Emit;
  /** Takes what a node emits to a side output; undefined when nobody listens. */
  side(node: number, output: string): Emit | undefined;
  /** Adds what has been counted since the last call to the metrics of the nodes. Between records only. */
  settleMetrics(): void;
}

/** An error with the node it happened in; `index` is the record's place in the batch, once known. */
export class ChainFailure extends Error {
  override readonly name = "ChainFailure";
  readonly node: number;
  readonly failure: unknown;
  index = -1;

  constructor(node: number, failure: unknown) {
    super(messageOf(failure), { cause: failure });
    this.node = node;
    this.failure = failure;
  }
}

/** Attributes an error to the innermost node; an error that has a node already keeps it. */
export function chainFailure(error: unknown, node: number): ChainFailure {
  return error instanceof ChainFailure ? error : new ChainFailure(node, error);
}

/** What the user is told about a failure in node `uid`. Assertions of the engine stay what they are. */
export function explainFailure(error: unknown, place: { job: string; uid: string; subtask: number; position?: string | undefined }): Error {
  if (error instanceof AssertionError) return error;
  if (error instanceof MillraceError) return error.at(place);
  return new MillraceError("USER_FUNCTION", `the function of ${place.uid} threw: ${messageOf(error)}`, {
    cause: error,
    where: place,
    hint: "fix the function, or catch the error there and send the record to a side output",
  });
}
