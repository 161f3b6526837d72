import type { Io } from "../io.ts";
import { planJob } from "./build-plan.ts";

export interface PlanFlags {
  readonly param?: readonly string[];
  readonly json?: boolean;
  readonly mermaid?: boolean;
}

/** Prints the plan of a job: drawn for the terminal, as JSON, or as a Mermaid flowchart. */
export async function planCommand(path: string, flags: PlanFlags, io: Io): Promise<number> {
  const { plan } = await planJob(path, flags.param ?? [], io);
  const { drawMermaid, drawText } = await import("@millrace/plan");
  const text = flags.json === true ? JSON.stringify(plan, null, 2) : flags.mermaid === true ? drawMermaid(plan) : drawText(plan);
  io.stdout.write(`${text.trimEnd()}\n`);
  return 0;
}
