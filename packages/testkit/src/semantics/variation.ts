import type { BackendFactory } from "../harness/backend-factory.ts";

/** How a case is run. Whatever the variation, the output must be Flink's. */
export interface Variation {
  readonly name: string;
  readonly backend: BackendFactory;
  /** `shouldYield` is true after so many emissions of one call. Infinity: never; 0: always. */
  readonly capacity: number;
  /** Asked between any two calls into the operator: go on with a new operator, restored from a snapshot taken now. */
  restoreHere(): boolean;
}
