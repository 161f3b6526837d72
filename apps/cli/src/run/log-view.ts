import { messageOf } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { heldLogger, logEvent, progressRecord } from "@millrace/host";
import { type Io, isReaderGone, type Output } from "../io.ts";
import { connectorsOf, type RunView } from "./view.ts";

export interface LogViewOptions {
  readonly jobName: string;
  readonly io: Pick<Io, "onExit" | "stderr">;
  readonly output: Output;
  /** Values of secret parameters. */
  readonly secrets: readonly string[];
  readonly progressEveryMs: number;
}

/** A job that starts has other things to do than to write lines. */
const HELD_MS = 150;

/** JSON lines: every event, and how far the job has come every now and then. */
export function createLogView({ jobName, io, output, secrets, progressEveryMs }: LogViewOptions): RunView {
  const { now } = nodePorts.clock;
  const logger = heldLogger({ jobName, secrets, now, destination: { write: (line) => void output.write(line) } });
  let told = output === io.stderr;
  // At once: a job may go on for weeks without its log.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (told || isReaderGone(error)) return;
    told = true;
    io.stderr.write(`warning: the log can't be written, the job goes on without it: ${messageOf(error)}\n`);
  };
  output.on("error", onError);
  const forgetExit = io.onExit(() => logger.release());
  let progress: NodeJS.Timeout | undefined;
  let held: NodeJS.Timeout | undefined;
  const log = ({ level, fields, message }: ReturnType<typeof progressRecord>): void => logger[level](fields, message);
  return {
    early: (warning) => {
      logEvent(logger, warning);
      logger.release();
    },
    follow: (handle, plan) => {
      logger.info({ event: "job.connectors", connectors: connectorsOf(plan) }, "what each connector promises");
      held = setTimeout(() => logger.release(), HELD_MS);
      progress = setInterval(() => log(progressRecord(handle.status())), progressEveryMs);
    },
    heard: (event) => logEvent(logger, event),
    stopping: (signal) => {
      logger.info({ event: "job.stopping", signal }, `${signal}: taking a last checkpoint; the next one ends at once`);
      logger.release();
    },
    readerGone: (resume) => {
      logger.info(
        { event: "job.resumable", command: resume },
        "nothing reads the standard output any more: the job ends at once; the next run resumes",
      );
      logger.release();
    },
    ended: (result, resume) => {
      if (result.end === "stopped") logger.info({ event: "job.resumable", command: resume }, "the next run resumes");
    },
    close: () => {
      clearInterval(progress);
      clearTimeout(held);
      logger.release();
      forgetExit();
      // The error of the last line comes after it.
      setImmediate(() => output.off("error", onError));
    },
  };
}
