import type { KindRunner } from "./kinds.ts";
import { runWindowCase } from "./window-kind.ts";

/** A class of cases in which this engine does on purpose something else than Flink. */
export interface Deviation {
  readonly name: string;
  /** One sentence. */
  readonly reason: string;
  /** Runs a case with Flink's way of this class in place of the engine's own; only then does a case of the class equal Flink. */
  readonly runAsFlink: KindRunner;
}

/** By kind. A case that differs belongs to the first class whose `runAsFlink` gives what Flink gave. */
export const deviations: Readonly<Record<string, readonly Deviation[]>> = {
  window: [
    {
      name: "session-own-window",
      reason: "Flink loses what a session that grew holds when a record's own window equals the session; here it is kept.",
      runAsFlink: (recorded, variation) => runWindowCase(recorded, variation, { sessionOwnWindow: "lost" }),
    },
  ],
};
