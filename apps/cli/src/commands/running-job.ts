import { MillraceError } from "@millrace/core";
import type { ControlClient } from "@millrace/host";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { namedJob } from "./jobs.ts";

/** The control client of a job that must be running. Throws CONTROL_UNREACHABLE, with what to do in `hint`. */
export async function runningJob(name: string, stateDir: string | undefined, io: Io, hint: string): Promise<ControlClient> {
  const { condition, socketPath, lock, ...job } = await namedJob(name, stateDir, io);
  return failingWith(exitCodes.notRunning, async () => {
    if (condition !== "running" || socketPath === undefined) {
      const held = condition === "silent" || condition === "elsewhere";
      throw new MillraceError(
        "CONTROL_UNREACHABLE",
        held ? `process ${lock?.pid} on ${lock?.host} holds the job and does not answer` : `the job is not running (${condition})`,
        { where: { job: job.name }, hint: held ? "end that process itself" : hint },
      );
    }
    const { createControlClient } = await import("@millrace/host");
    return createControlClient({ socketPath });
  });
}
