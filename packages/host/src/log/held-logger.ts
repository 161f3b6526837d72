import type { JobLogger } from "../job-handle.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";

interface HeldLogger extends JobLogger {
  /** Writes what is held, and from now on everything at once. */
  release(): void;
}

interface HeldLine {
  readonly level: keyof JobLogger;
  readonly atMs: number;
  readonly fields: object;
  readonly message: string;
}

/**
 * Holds lines back, each with its time, until `release` or the first warning or error: loading pino takes 20 ms, which the first
 * result of a job would wait for.
 */
export function heldLogger(options: LoggerOptions & { readonly now: () => number }): HeldLogger {
  let held: HeldLine[] = [];
  let logger: JobLogger | undefined;
  let writing: HeldLine | undefined;
  const release = (): void => {
    if (logger !== undefined) return;
    logger = createLogger({ ...options, now: () => writing?.atMs ?? options.now() });
    for (writing of held) logger[writing.level](writing.fields, writing.message);
    writing = undefined;
    held = [];
  };
  const at = (level: keyof JobLogger) => (fields: object, message: string) => {
    if (level === "warn" || level === "error") release();
    if (logger === undefined) held.push({ level, atMs: options.now(), fields, message });
    else logger[level](fields, message);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), release };
}
