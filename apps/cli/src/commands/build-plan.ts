import type { JobDefinition } from "@millrace/api";
import type { LogicalPlan } from "@millrace/plan";
import { parseParameters } from "../arguments/parse.ts";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";

export interface PlannedJob {
  readonly job: JobDefinition;
  /** URL of its module. */
  readonly module: string;
  readonly plan: LogicalPlan;
  readonly parameters: { readonly [name: string]: string };
}

/** Loads a job and builds its plan twice: a plan that comes out different is refused here, not on some worker later (law P2). */
export function planJob(path: string, pairs: readonly string[], io: Io): Promise<PlannedJob> {
  return failingWith(exitCodes.jobRefused, async () => {
    const parameters = parseParameters(pairs);
    const { loadJob, moduleUrl } = await import("../load-job/load-job.ts");
    const job = await loadJob(path, io.cwd);
    const { verifyDeterministic } = await import("@millrace/api");
    return { job, module: moduleUrl(path, io.cwd), plan: verifyDeterministic(job, { parameters }).plan, parameters };
  });
}
