import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Json, MillraceError, messageOf } from "@millrace/core";
import type { Rescaled } from "@millrace/runtime";
import type { SavepointInfo, StopOptions } from "../job-handle.ts";
import type { ControlError, EndInfo, HeldCheckpointInfo, JobInfo, PlanJson } from "./job-info.ts";
import { statusFromJson } from "./status-json.ts";

/** Talks to a running job. Every call throws CONTROL_UNREACHABLE when no job listens, else what the job answered. */
export interface ControlClient {
  job(): Promise<JobInfo>;
  plan(): Promise<PlanJson>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** Resolves when the savepoint is written; the job goes on. `path` is absolute. */
  savepoint(path?: string): Promise<SavepointInfo>;
  /** Resolves when the job runs with so many subtasks. */
  rescale(parallelism: number): Promise<Rescaled>;
  /** The last completed checkpoint; it is kept until `release`. */
  holdCheckpoint(): Promise<HeldCheckpointInfo & { readonly release: () => void }>;
  /** Resolves when the job has stopped with a last checkpoint, or with a savepoint. */
  stop(options?: StopOptions): Promise<EndInfo>;
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
  const tell = (path: string, body: object = {}): Promise<string> => call(socketPath, "POST", path, undefined, JSON.stringify(body));
  return {
    job: async () => {
      const info = JSON.parse(await ask("/v1/job")) as JobInfo;
      return { ...info, status: statusFromJson(info.status) };
    },
    plan: async () => JSON.parse(await ask("/v1/plan")) as Json,
    metrics: () => ask("/v1/metrics"),
    savepoint: async (path) => JSON.parse(await tell("/v1/savepoint", { path })) as SavepointInfo,
    rescale: async (parallelism) => JSON.parse(await tell("/v1/rescale", { parallelism })) as Rescaled,
    holdCheckpoint: () => hold(socketPath, timeoutMs),
    stop: async (options = {}) => JSON.parse(await tell("/v1/stop", options)) as EndInfo,
    cancel: async () => JSON.parse(await tell("/v1/cancel")) as EndInfo,
  };
}

/** The answer stays open until it is released. */
async function hold(socketPath: string, timeoutMs: number): Promise<HeldCheckpointInfo & { readonly release: () => void }> {
  const { request } = process.getBuiltinModule("node:http");
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ socketPath, method: "GET", path: "/v1/checkpoint", timeout: timeoutMs }, (response) => {
      // Nothing more is said while the checkpoint is read, which may take long.
      asked.setTimeout(0);
      resolve(response);
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", (error) => reject(unreachable(socketPath, error, timeoutMs)));
    asked.end();
  });
  if (response.statusCode !== 200) throw refusal(await collect(response), response.statusCode ?? 0);
  response.setEncoding("utf8");
  // A job that ends meanwhile hangs up; what is read from its files is none of its business any more.
  response.on("error", () => undefined);
  let text = "";
  while (!text.includes("\n")) {
    const [chunk] = (await once(response, "data")) as [string];
    text += chunk;
  }
  return { ...(JSON.parse(text) as HeldCheckpointInfo), release: () => void response.destroy() };
}

async function call(socketPath: string, method: "GET" | "POST", path: string, timeoutMs: number | undefined, sent?: string): Promise<string> {
  const { status, body } = await exchange(socketPath, method, path, timeoutMs, sent);
  if (status === 200) return body;
  throw refusal(body, status);
}

function refusal(body: string, status: number): MillraceError {
  const { code, message, hint } = refusalOf(body, status);
  return new MillraceError(code, message, { hint });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function exchange(socketPath: string, method: string, path: string, timeoutMs: number | undefined, sent = ""): Promise<Answer> {
  const { request } = process.getBuiltinModule("node:http");
  return new Promise((resolve, reject) => {
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const asked = request({ socketPath, method, path, ...(signal !== undefined && { signal }) }, (response) => {
      collect(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.once("error", (error) => reject(unreachable(socketPath, error, timeoutMs)));
    asked.end(sent);
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
