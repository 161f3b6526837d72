import { seededRandom } from "@millrace/core";
import { createHeapBackend } from "@millrace/state";
import type { BackendFactory } from "../harness/backend-factory.ts";
import type { CaseResult, SemanticsCase } from "./case.ts";
import type { OperatorProgram } from "./drive-operator.ts";

/** How a case is run. Whatever the variation, the output must be Flink's. */
export interface Variation {
  readonly name: string;
  readonly backend: BackendFactory;
  /** `shouldYield` is true after so many emissions of one call. Infinity: never; 0: always. */
  readonly capacity: number;
  /** Restores make new generators: those downstream start out active, so idleness is announced anew. */
  readonly restores: boolean;
  /** Asked between any two calls into the operator: go on with a new operator, restored from a snapshot taken now. */
  restoreHere(): boolean;
  /**
   * Runs an operator's program in another place than the harness. Each stream of the result is in order, streams are not
   * ordered against each other; statuses may come anew after a restore.
   */
  readonly drive?: (recorded: SemanticsCase, program: OperatorProgram) => Promise<CaseResult>;
}

/** Variations by name. `seed` decides where a random one restores; make a new one for each case. */
export const variations = {
  plain: (): Variation => ({
    name: "plain",
    backend: createHeapBackend,
    capacity: Number.POSITIVE_INFINITY,
    restores: false,
    restoreHere: () => false,
  }),
  /** The output is full after each record. */
  yields: (): Variation => ({ name: "yields", backend: createHeapBackend, capacity: 1, restores: false, restoreHere: () => false }),
  /** A restart between two calls out of four, also in the middle of a firing. */
  restores(seed: number): Variation {
    const random = seededRandom(seed);
    return { name: "restores", backend: createHeapBackend, capacity: 1, restores: true, restoreHere: () => random.uint32() % 4 === 0 };
  },
} as const;

export type VariationName = keyof typeof variations;
