import { createLogger, logEvent, progressRecord } from "@millrace/host";
import type { Output } from "../io.ts";
import { connectorsOf, type RunView } from "./view.ts";

export interface LogViewOptions {
  readonly jobName: string;
  readonly output: Output;
  /** Values of secret parameters. */
  readonly secrets: readonly string[];
  readonly progressEveryMs: number;
}

/** JSON lines: every event, and how far the job has come every now and then. */
export async function createLogView({ jobName, output, secrets, progressEveryMs }: LogViewOptions): Promise<RunView> {
  const logger = await createLogger({ jobName, secrets, destination: { write: (line) => void output.write(line) } });
  let progress: NodeJS.Timeout | undefined;
  const log = ({ level, fields, message }: ReturnType<typeof progressRecord>): void => logger[level](fields, message);
  return {
    follow: (handle, plan) => {
      logger.info({ event: "job.connectors", connectors: connectorsOf(plan) }, "what each connector promises");
      handle.on((event) => logEvent(logger, event));
      progress = setInterval(() => log(progressRecord(handle.status())), progressEveryMs);
    },
    stopping: (signal) => logger.info({ event: "job.stopping", signal }, `${signal}: taking a last checkpoint; the next one ends at once`),
    ended: (result, resume) => {
      if (result.end === "stopped") logger.info({ event: "job.resumable", command: resume }, "the next run resumes");
    },
    close: () => clearInterval(progress),
  };
}
