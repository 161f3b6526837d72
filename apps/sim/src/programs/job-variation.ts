import { type Variation, variations } from "@millrace/testkit";
import { driveJob } from "./drive-job.ts";

/** Kinds of programs that run as whole jobs. */
export const jobKinds: ReadonlySet<string> = new Set([
  "process",
  "coProcess",
  "window",
  "cep",
  "intervalJoin",
  "windowJoin",
  "temporalJoin",
  "broadcast",
  "ttl",
  "watermarkOperator",
]);

/** Why programs of the other kinds run bare only. */
export const bareKinds: Readonly<Record<string, string>> = {
  valve: "a part of a task's gate, below operators",
  multiplexer: "a part of a source task, below operators",
  watermarkGenerator: "an object that is called directly, with its raw calls recorded",
  keyGroup: "arithmetic of keys",
  repartition: "arithmetic of operator state",
  async: "its answers come by the program's clock, which stands still between the lives of a process; random jobs have calls with retries",
};

/** As a whole job, with checkpoints, crashes and restores at places that the seed draws. */
export function jobVariation(seed: number): Variation {
  return { ...variations.plain(), name: "job", restores: true, drive: (recorded, program) => driveJob(recorded, program, seed) };
}
