import type { Io } from "../io.ts";
import { paintFor } from "../paint.ts";
import { planJob } from "./build-plan.ts";

/** Says whether a job can be run, and what in it someone should have decided. Warnings don't change the exit code. */
export async function checkCommand(path: string, flags: { readonly param?: readonly string[] }, io: Io): Promise<number> {
  const { plan } = await planJob(path, flags.param ?? [], io);
  const { checkPlan, planHash } = await import("@millrace/plan");
  const paint = paintFor(io, io.stdout);
  const warnings = checkPlan(plan);
  for (const { code, message, hint } of warnings) io.stdout.write(`${paint("yellow", "!")} ${message} ${paint("dim", `[${code}]`)}\n  ${hint}\n`);
  const states = plan.nodes.reduce((sum, node) => sum + node.states.length, 0);
  const found = warnings.length === 0 ? "no warnings" : `${warnings.length} warning${warnings.length === 1 ? "" : "s"}`;
  const symbol = warnings.length === 0 ? paint("green", "✓") : paint("yellow", "!");
  io.stdout.write(
    `${symbol} ${plan.jobName}: ${plan.nodes.length} nodes, ${states} ${states === 1 ? "state" : "states"}, plan ${planHash(plan)}: ${found}\n`,
  );
  return 0;
}
