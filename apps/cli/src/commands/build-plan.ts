import type { JobDefinition } from "@millrace/api";
import type { ExecutionMode, LogicalPlan } from "@millrace/plan";
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
  /** Texts of its secret parameters. */
  readonly secrets: readonly string[];
  /** Takes them out of what is said of the job. */
  readonly redact: (text: string) => string;
}

/**
 * Loads a job and builds its plan twice: a plan that comes out different is refused here, not on some worker later (law P2). What the
 * module prints meanwhile is no part of what a command answers, or of a job's output, and goes to the standard error.
 */
export function planJob(path: string, pairs: readonly string[], io: Io, mode: ExecutionMode = "streaming"): Promise<PlannedJob> {
  return io.aside(() => plannedJob(path, pairs, io, mode));
}

async function plannedJob(path: string, pairs: readonly string[], io: Io, mode: ExecutionMode): Promise<PlannedJob> {
  const loaded = await failingWith(exitCodes.jobRefused, () => loadedJob(path, pairs, io));
  const { job, module, parameters, secrets, redact } = loaded;
  return failingWith(
    exitCodes.jobRefused,
    async () => {
      const { verifyDeterministic } = await import("@millrace/api");
      return { job, module, plan: verifyDeterministic(job, { parameters, mode }).plan, parameters, secrets, redact };
    },
    redact,
  );
}

/** Whoever builds the job knows its secrets by then: an error of the builder function may hold one. */
async function loadedJob(path: string, pairs: readonly string[], io: Io): Promise<Omit<PlannedJob, "plan">> {
  const parameters = parseParameters(pairs);
  const { loadJob, moduleUrl } = await import("../load-job/load-job.ts");
  const job = await loadJob(path, io.cwd);
  const [{ secretTexts }, { redactor }] = await Promise.all([import("@millrace/api"), import("@millrace/host")]);
  const secrets = secretTexts(job.parameters, parameters);
  return { job, module: moduleUrl(path, io.cwd), parameters, secrets, redact: redactor(secrets) };
}
