import type { JobEvent, JobLogger, JobResult, JobStatus } from "../job-handle.ts";
import type { MemoryShares } from "../memory.ts";
import { errorFields } from "./error-fields.ts";

/** A line of the log: `fields.event` is stable and for machines, `message` for people. */
export interface LogRecord {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: { readonly event: string; readonly [name: string]: unknown };
  readonly message: string;
}

/** What the log says of an event. */
export function logRecordOf(event: JobEvent): LogRecord {
  switch (event.kind) {
    case "started":
      return info(
        "job.started",
        { runId: event.runId, ...(event.memory === undefined ? {} : { memory: { ...event.memory } }) },
        startedText(event.memory),
      );
    case "resumed":
      return info(
        "job.resumed",
        { runId: event.runId, checkpointId: event.checkpointId, ...(event.path !== undefined && { path: event.path }) },
        event.path === undefined ? `resumed from checkpoint ${event.checkpointId}` : `restored from ${event.path}`,
      );
    case "running":
      return info("job.running", {}, "job running");
    case "checkpointCompleted": {
      const { checkpointId, durationMs, bytes } = event;
      return info("checkpoint.completed", { checkpointId, durationMs: Math.round(durationMs), bytes }, `checkpoint ${checkpointId} completed`);
    }
    case "checkpointFailed": {
      const fields = { event: "checkpoint.failed", checkpointId: event.checkpointId, err: errorFields(event.error) };
      return { level: "warn", fields, message: `checkpoint ${event.checkpointId} failed` };
    }
    case "savepointCompleted": {
      const { path, checkpointId, bytes, durationMs } = event.savepoint;
      return info("savepoint.completed", { path, checkpointId, bytes, durationMs: Math.round(durationMs) }, `savepoint written to ${path}`);
    }
    case "restarting": {
      const { attempt, delayMs, error } = event;
      return {
        level: "warn",
        fields: { event: "job.restarting", attempt, delayMs, err: errorFields(error) },
        message: `job restarts in ${delayMs} ms`,
      };
    }
    case "warning":
      return { level: "warn", fields: { event: "job.warning", code: event.code }, message: event.message };
    case "rescaled": {
      const { from, to, checkpointId, pauseMs } = event;
      return info(
        "job.rescaled",
        { from, to, checkpointId, pauseMs: Math.round(pauseMs) },
        `rescaled from ${from} to ${to} subtasks, paused for ${Math.round(pauseMs)} ms`,
      );
    }
    case "console":
      return { level: event.level, fields: { event: "job.console", worker: event.worker }, message: event.text };
    case "failed":
      return { level: "error", fields: { event: "job.failed", err: errorFields(event.error) }, message: "job failed" };
    case "savepoint":
      return info("job.stopped", resultFields(event.result), `job stopped with the savepoint ${event.result.savepoint?.path}`);
    case "finished":
    case "stopped":
    case "cancelled":
      return info(`job.${event.kind}`, resultFields(event.result), `job ${event.kind}`);
  }
}

/** Writes every event of a job to its log; `atMs` of the event is the line's own time already. */
export function logEvent(logger: JobLogger, event: JobEvent): void {
  const { level, fields, message } = logRecordOf(event);
  logger[level](fields, message);
}

/** A line that says how far the job has come; for logs that nobody watches live. */
export function progressRecord(status: JobStatus): LogRecord {
  const operators = status.operators.map(({ uid, recordsIn, recordsOut, lateDropped, skipped, watermark }) => ({
    uid,
    recordsIn,
    recordsOut,
    ...leftOut(lateDropped, skipped),
    ...(watermark !== undefined && Number.isFinite(watermark) && { watermark }),
  }));
  const { restarts, checkpoint } = status;
  return info(
    "job.progress",
    { state: status.state, restarts, ...(checkpoint.lastId !== undefined && { checkpointId: checkpoint.lastId }), operators },
    "progress",
  );
}

function resultFields(result: JobResult): object {
  const { runId, checkpointId, savepoint, durationMs, restarts, operators } = result;
  const lateDropped = operators.reduce((sum, operator) => sum + operator.lateDropped, 0);
  const skipped = operators.reduce((sum, operator) => sum + (operator.skipped ?? 0), 0);
  return {
    runId,
    ...(checkpointId !== undefined && { checkpointId }),
    ...(savepoint !== undefined && { savepoint: savepoint.path }),
    durationMs: Math.round(durationMs),
    restarts,
    ...leftOut(lateDropped, skipped),
  };
}

/** Records that went nowhere, where there are any. */
function leftOut(lateDropped: number, skipped = 0): object {
  return { ...(lateDropped > 0 && { lateDropped }), ...(skipped > 0 && { skipped }) };
}

function info(event: string, fields: object, message: string): LogRecord {
  return { level: "info", fields: { event, ...fields }, message };
}

function startedText(memory: MemoryShares | undefined): string {
  if (memory === undefined) return "job started";
  const { memoryBytes, threads, cacheBytes, storeBytes } = memory;
  const each = threads === 1 ? "" : ` in each of ${threads} threads`;
  return `job started; memory of ${megabytes(memoryBytes)}: ${megabytes(cacheBytes)} for state, ${megabytes(storeBytes)} for indexes of the local store${each}, the rest for records, code and garbage`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
