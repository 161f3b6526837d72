import { type Json, MillraceError } from "@millrace/core";
import { describePlanDifference, type ExecutionMode, type JobGraph, PlanBuilder } from "@millrace/plan";
import { createEnvironment } from "../environment.ts";
import { inTwoWorlds } from "../node/two-worlds.ts";
import type { JobDefinition } from "./define-job.ts";
import { resolveParameters } from "./parameters.ts";

export interface BuildOptions {
  /** As given with `--param`: values or their text. */
  readonly parameters?: { readonly [name: string]: Json };
  /** Default "streaming". */
  readonly mode?: ExecutionMode;
}

/**
 * Runs the builder function and returns the frozen, validated job. Nothing is opened or read. Throws JOB_ASYNC for a
 * builder that returns a promise, and what parameters and validation find.
 */
export function buildJob(definition: JobDefinition, options: BuildOptions = {}): JobGraph {
  const { values, planned } = resolveParameters(definition.parameters, options.parameters ?? {});
  const builder = new PlanBuilder(definition.name, planned, options.mode);
  const returned: unknown = definition.build(createEnvironment(builder), values);
  if (returned instanceof Promise) {
    // The promise is of no use to anybody now; its failure must not end the process.
    returned.catch(() => undefined);
    throw new MillraceError("JOB_ASYNC", `the builder function of the job "${definition.name}" is asynchronous`, {
      hint: "await at the top of the module, before defineJob; or open resources in a function's open()",
      where: { job: definition.name },
    });
  }
  return builder.build();
}

/**
 * Builds the job twice, the second time with another clock and other random numbers, and refuses one whose two plans
 * differ with PLAN_NOT_DETERMINISTIC and the first difference (law P2). Returns the first build.
 */
export function verifyDeterministic(definition: JobDefinition, options: BuildOptions = {}): JobGraph {
  const [first, second] = inTwoWorlds(() => buildJob(definition, options));
  const difference = describePlanDifference(first.plan, second.plan);
  if (difference === undefined) return first;
  throw new MillraceError("PLAN_NOT_DETERMINISTIC", `building the job "${definition.name}" twice gave two plans: ${difference}`, {
    hint: "a builder must not read the clock, random numbers or anything else that changes; pass it as a parameter",
    where: { job: definition.name },
  });
}
