import type { IncomingMessage } from "node:http";
import { type Json, MillraceError, messageOf } from "@millrace/core";
import type { ControlError, EndInfo, JobInfo, PlanJson } from "./job-info.ts";
import { statusFromJson } from "./status-json.ts";

/** Talks to a running job. Every call throws CONTROL_UNREACHABLE when no job listens, else what the job answered. */
export interface ControlClient {
  job(): Promise<JobInfo>;
  plan(): Promise<PlanJson>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Resolves when the job has stopped with a last checkpoint. */
  stop(): Promise<EndInfo>;
  /** Resolves when the run is over. */
  cancel(): Promise<EndInfo>;
}

export interface ControlClientOptions {
  readonly socketPath: string;
  /** How long a question may take; stop and cancel wait as long as the job needs. Default 5 s. */
  readonly timeoutMs?: number;
}

export function createControlClient({ socketPath, timeoutMs = 5_000 }: ControlClientOptions): ControlClient {
  const ask = (path: string): Promise<string> => call(socketPath, "GET", path, timeoutMs);
  const tell = (path: string): Promise<string> => call(socketPath, "POST", path, undefined);
  return {
    job: async () => {
      const info = JSON.parse(await ask("/v1/job")) as JobInfo;
      return { ...info, status: statusFromJson(info.status) };
    },
    plan: async () => JSON.parse(await ask("/v1/plan")) as Json,
    metrics: () => ask("/v1/metrics"),
    stop: async () => JSON.parse(await tell("/v1/stop")) as EndInfo,
    cancel: async () => JSON.parse(await tell("/v1/cancel")) as EndInfo,
  };
}

async function call(socketPath: string, method: "GET" | "POST", path: string, timeoutMs: number | undefined): Promise<string> {
  const { status, body } = await exchange(socketPath, method, path, timeoutMs);
  if (status === 200) return body;
  const { code, message, hint } = refusalOf(body, status);
  throw new MillraceError(code, message, { hint });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function exchange(socketPath: string, method: string, path: string, timeoutMs: number | undefined): Promise<Answer> {
  const { request } = process.getBuiltinModule("node:http");
  return new Promise((resolve, reject) => {
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const asked = request({ socketPath, method, path, ...(signal !== undefined && { signal }) }, (response) => {
      collect(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.once("error", (error) => reject(unreachable(socketPath, error, timeoutMs)));
    asked.end();
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  let body = "";
  response.setEncoding("utf8");
  for await (const chunk of response) body += chunk;
  return body;
}

function refusalOf(body: string, status: number): ControlError["error"] {
  try {
    return (JSON.parse(body) as ControlError).error;
  } catch {
    return { code: "CONTROL_ANSWER", message: `the job answered with status ${status} and something that is no JSON` };
  }
}

function unreachable(socketPath: string, cause: unknown, timeoutMs: number | undefined): MillraceError {
  const { code, name } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return new MillraceError("CONTROL_UNREACHABLE", `no job listens on ${socketPath}`, { cause, hint: "the job is not running" });
  if (name === "AbortError" || name === "TimeoutError") {
    return new MillraceError("CONTROL_TIMEOUT", `the job did not answer within ${timeoutMs} ms`, {
      cause,
      hint: "its event loop is blocked, e.g. by a user function that never returns",
    });
  }
  return new MillraceError("CONTROL_UNREACHABLE", `can't talk to the job over ${socketPath}: ${messageOf(cause)}`, { cause });
}
