import { MillraceError } from "@millrace/core";
import { describe, expect, it } from "vitest";
import type { JobEvent, JobStatus } from "../job-handle.ts";
import { createLogger, errorFields, heldLogger, logEvent, logRecordOf, progressRecord, redactor } from "./index.ts";

interface Line {
  readonly [name: string]: unknown;
}

async function linesOf(events: readonly JobEvent[], secrets: readonly string[] = []): Promise<Line[]> {
  const lines: string[] = [];
  const logger = createLogger({ jobName: "delays", destination: { write: (line) => void lines.push(line) }, secrets });
  for (const event of events) logEvent(logger, event);
  return lines.map((line) => JSON.parse(line));
}

describe("the log", () => {
  it("names each event for machines and says it for people", async () => {
    const lines = await linesOf([
      { kind: "resumed", atMs: 1, runId: "4f21", checkpointId: 7 },
      { kind: "checkpointCompleted", atMs: 2, checkpointId: 8, durationMs: 12.5, bytes: 300 },
      { kind: "failed", atMs: 3, error: new MillraceError("USER_FUNCTION", "no luck", { cause: new TypeError("two is bad") }) },
    ]);
    expect(lines).toMatchObject([
      { level: 30, job: "delays", event: "job.resumed", runId: "4f21", checkpointId: 7, msg: "resumed from checkpoint 7" },
      { level: 30, job: "delays", event: "checkpoint.completed", checkpointId: 8, durationMs: 13, bytes: 300 },
      { level: 50, job: "delays", event: "job.failed", err: { code: "USER_FUNCTION", message: "no luck", cause: { message: "two is bad" } } },
    ]);
  });

  it("holds lines until it is released or has to warn, in their order and with their times", () => {
    const lines: Line[] = [];
    let nowMs = 0;
    const opened = () => heldLogger({ jobName: "delays", now: () => nowMs, destination: { write: (line) => void lines.push(JSON.parse(line)) } });
    const logger = opened();
    logger.info({ n: 1 }, "first");
    nowMs = 1;
    logger.info({ n: 2 }, "second");
    expect(lines).toEqual([]);
    nowMs = 100;
    logger.warn({ n: 3 }, "third");
    expect(lines).toMatchObject([
      { time: 0, n: 1, msg: "first" },
      { time: 1, n: 2, msg: "second" },
      { time: 100, n: 3, level: 40 },
    ]);
    const other = opened();
    other.info({ n: 4 }, "fourth");
    nowMs = 200;
    other.release();
    other.release();
    other.info({ n: 5 }, "fifth");
    expect(lines.slice(3)).toMatchObject([
      { time: 100, n: 4 },
      { time: 200, n: 5 },
    ]);
  });

  it("tells code, place, hint and causes of an error, and a stack only where there is no code", () => {
    const cause = new Error("ENOSPC");
    const error = new MillraceError("SINK_WRITE", "can't write", { hint: "free some space", where: { uid: "out" }, cause });
    expect(logRecordOf({ kind: "restarting", atMs: 1, attempt: 2, delayMs: 500, error })).toEqual({
      level: "warn",
      message: "job restarts in 500 ms",
      fields: {
        event: "job.restarting",
        attempt: 2,
        delayMs: 500,
        err: {
          code: "SINK_WRITE",
          message: "can't write",
          hint: "free some space",
          where: { uid: "out" },
          cause: { message: "ENOSPC", stack: cause.stack },
        },
      },
    });
  });

  it("follows causes to an end, also round in a circle", () => {
    const error = new Error("round");
    error.cause = error;
    expect(JSON.stringify(errorFields(error)).match(/"message":"round"/g)).toHaveLength(6);
    expect(errorFields("thrown text")).toEqual({ message: "thrown text" });
  });

  it("never writes a secret, wherever it stands", async () => {
    const secret = 'pa"ss\\word';
    const error = new Error(`login with ${secret} refused`);
    const [line] = await linesOf([{ kind: "failed", atMs: 1, error }], [secret]);
    expect(JSON.stringify(line)).not.toContain("word");
    expect(line).toMatchObject({ err: { message: "login with [secret] refused" } });
  });

  it("takes out overlapping secrets whole and leaves very short ones", () => {
    expect(redactor(["token", "token-2", "ab"])("token-2 token ab")).toBe("[secret] [secret] ab");
  });

  it("says how far a job has come, without watermarks that JSON can't say", () => {
    const operator = {
      name: "a",
      kind: "source",
      subtasks: 1,
      recordsIn: 0,
      recordsOut: 9,
      lateSide: 0,
      busyMs: 0,
      backPressuredMs: 0,
      idleMs: 0,
    } as const;
    const status: JobStatus = {
      state: "running",
      name: "delays",
      runId: "4f21",
      startedAtMs: 0,
      nowMs: 10_000,
      parallelism: 1,
      restarts: 0,
      operators: [
        { ...operator, uid: "a", lateDropped: 0, skipped: 2, watermark: Number.NEGATIVE_INFINITY },
        { ...operator, uid: "b", lateDropped: 4, watermark: 1_000 },
      ],
      checkpoint: { lastId: 3, failures: 0 },
    };
    expect(progressRecord(status).fields).toEqual({
      event: "job.progress",
      state: "running",
      restarts: 0,
      checkpointId: 3,
      operators: [
        { uid: "a", recordsIn: 0, recordsOut: 9, skipped: 2 },
        { uid: "b", recordsIn: 0, recordsOut: 9, lateDropped: 4, watermark: 1_000 },
      ],
    });
  });

  it("says at the end what was left out, if anything was", () => {
    const operator = { name: "n", kind: "source", subtasks: 1, recordsIn: 0, recordsOut: 9, lateSide: 0, watermark: 1 } as const;
    const times = { busyMs: 0, backPressuredMs: 0, idleMs: 0 };
    const fieldsOf = (skipped: number, lateDropped: number) => {
      const operators = ["a", "b"].map((uid) => ({ ...operator, ...times, uid, skipped, lateDropped }));
      return logRecordOf({ kind: "finished", atMs: 0, result: { end: "finished", runId: "r", durationMs: 1, restarts: 0, operators } }).fields;
    };
    expect(fieldsOf(2, 3)).toEqual({ event: "job.finished", runId: "r", durationMs: 1, restarts: 0, lateDropped: 6, skipped: 4 });
    expect(fieldsOf(0, 0)).toEqual({ event: "job.finished", runId: "r", durationMs: 1, restarts: 0 });
  });
});
