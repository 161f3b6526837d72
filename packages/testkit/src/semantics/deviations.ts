import { runAsyncCase } from "./async-kind.ts";
import { type CepCaseOptions, runCepCase } from "./cep-kind.ts";
import type { KindRunner } from "./kinds.ts";
import { runWindowJoinCase } from "./window-join-kind.ts";
import { runWindowCase } from "./window-kind.ts";

/** A class of cases in which this engine does on purpose something else than Flink. */
export interface Deviation {
  readonly name: string;
  /** One sentence. */
  readonly reason: string;
  /** Runs a case with Flink's way of this class in place of the engine's own; only then does a case of the class equal Flink. */
  readonly runAsFlink: KindRunner;
  /**
   * The engine's own way on the implementation that `runAsFlink` is made from. A case of the class must give the same on
   * it; else a fault of another implementation would pass for the deviation.
   */
  readonly runPlainly?: KindRunner;
}

const cep = (name: string, reason: string, options: CepCaseOptions): Deviation => ({
  name,
  reason,
  runAsFlink: (recorded, variation) => runCepCase(recorded, variation, options),
});

const sessionOwnWindow = {
  name: "session-own-window",
  reason: "Flink loses what a session that grew holds when a record's own window equals the session; here it is kept.",
} as const;

/** By kind. A case that differs belongs to the first class whose `runAsFlink` gives what Flink gave. */
export const deviations: Readonly<Record<string, readonly Deviation[]>> = {
  async: [
    {
      name: "async-backoff",
      reason: "Flink's exponential backoff goes on from the last pause of any record; here each record's pauses grow by themselves.",
      runAsFlink: (recorded, variation) => runAsyncCase(recorded, variation, { backoff: "shared" }),
    },
  ],
  cep: [
    cep(
      "cep-time",
      "Flink ends partial matches when it next looks at their key and dates what follows by the watermark; here both happen at their time.",
      { timing: "flink" },
    ),
    cep("cep-refused", "Flink takes patterns that can never match, loop without end, or forbid what it never watches for; here they are refused.", {
      timing: "flink",
      refusals: "flink",
    }),
    cep(
      "cep-gap",
      "Flink bounds the time between events in some states of a stage only, and loses it when it passes over one; here it holds everywhere.",
      {
        timing: "flink",
        refusals: "flink",
        gaps: "flink",
      },
    ),
    cep("cep-optional", "Flink loses an optional() that is called before the quantifier; here the order of the calls means nothing.", {
      timing: "flink",
      refusals: "flink",
      gaps: "flink",
      optional: "lost",
    }),
    cep("cep-within", "Flink loses a within() on the last stage of a group; here the least one of a pattern holds, wherever it is said.", {
      timing: "flink",
      refusals: "flink",
      gaps: "flink",
      optional: "lost",
      groupWithin: "lost",
    }),
  ],
  window: [
    {
      ...sessionOwnWindow,
      runAsFlink: (recorded, variation) => runWindowCase(recorded, variation, { sessionOwnWindow: "lost" }),
      runPlainly: (recorded, variation) => runWindowCase(recorded, variation, { implementation: "general" }),
    },
  ],
  windowJoin: [{ ...sessionOwnWindow, runAsFlink: (recorded, variation) => runWindowJoinCase(recorded, variation, { sessionOwnWindow: "lost" }) }],
};
