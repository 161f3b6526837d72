import { chmod, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { type Json, MillraceError, messageOf } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import type { JobHandle, JobResult } from "../job-handle.ts";
import type { ControlError, EndInfo } from "./job-info.ts";
import { prometheusText } from "./prometheus.ts";
import { statusToJson } from "./status-json.ts";

export interface ControlServerOptions {
  readonly handle: JobHandle;
  readonly plan: LogicalPlan;
  readonly engineVersion: string;
  /** In a directory that only the user may enter. A socket that nobody listens on any more is replaced. */
  readonly socketPath: string;
}

export interface ControlServer extends AsyncDisposable {
  readonly socketPath: string;
  /** Takes no more questions and removes the socket. What was asked before is still answered, an end when it has come. */
  close(): Promise<void>;
}

/**
 * Serves the control API of one job, version 1, as HTTP over a Unix socket of mode 0600:
 * `GET /v1/job`, `GET /v1/plan`, `GET /v1/metrics` (Prometheus text), `POST /v1/stop`, `POST /v1/cancel`.
 * Throws CONTROL_SOCKET when it can't listen.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { socketPath } = options;
  await removeDeadSocket(socketPath);
  // Loaded when it is needed, and not by `import`: that reads every name the module exports, and some of them load the
  // whole of fetch and WebSocket, which takes as long as starting Node itself.
  const server = process.getBuiltinModule("node:http").createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => refuse(response, 500, "CONTROL_FAILED", messageOf(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(socketPath, error)));
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  // A job that has ended must not be kept in the process by its control API.
  server.unref();
  const close = async (): Promise<void> => {
    // Connections are not waited for: whoever asked the job to end is answered when it has, and closing is part of that.
    server.close();
    server.closeIdleConnections();
    await rm(socketPath, { force: true });
  };
  return { socketPath, close, [Symbol.asyncDispose]: close };
}

type Route = (options: ControlServerOptions, response: ServerResponse) => void | Promise<void>;

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/v1/job": { GET: ({ handle, engineVersion }, response) => json(response, 200, jobInfo(handle, engineVersion)) },
  "/v1/plan": { GET: ({ plan }, response) => json(response, 200, plan) },
  "/v1/metrics": { GET: ({ handle }, response) => send(response, 200, "text/plain; version=0.0.4; charset=utf-8", prometheusText(handle.status())) },
  "/v1/stop": { POST: ({ handle }, response) => end(response, handle, handle.stop()) },
  "/v1/cancel": { POST: ({ handle }, response) => end(response, handle, handle.cancel()) },
};

async function answer(options: ControlServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) return refuse(response, 404, "CONTROL_PATH", `there is no ${path}`, `try ${Object.keys(routes).join(", ")}`);
  const method = request.method ?? "GET";
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) return refuse(response, 405, "CONTROL_METHOD", `${path} takes ${Object.keys(methods).join(", ")}, not ${method}`);
  request.resume();
  await route(options, response);
}

function jobInfo(handle: JobHandle, engineVersion: string): Json {
  return {
    apiVersion: 1,
    engineVersion,
    pid: process.pid,
    stateDirectory: handle.stateDirectory ?? null,
    resumedFrom: handle.resumedFrom ?? null,
    status: statusToJson(handle.status()),
  };
}

async function end(response: ServerResponse, { resumedFrom }: JobHandle, ended: Promise<JobResult>): Promise<void> {
  try {
    const result = await ended;
    json(response, 200, { end: result.end, runId: result.runId, checkpointId: result.checkpointId ?? resumedFrom ?? null } satisfies EndInfo);
  } catch (error) {
    const code = error instanceof MillraceError ? error.code : "JOB_FAILED";
    refuse(response, 409, code, messageOf(error), error instanceof MillraceError ? error.hint : undefined);
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string, hint?: string): void {
  json(response, status, { error: { code, message, ...(hint !== undefined && { hint }) } } satisfies ControlError);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return;
  // One answer a connection: none stays open behind a server that has closed.
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), connection: "close" }).end(body);
}

/** The state directory's lock is held by now, so a socket without a listener is what a crash left behind. */
async function removeDeadSocket(socketPath: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (!alive) return rm(socketPath, { force: true });
  throw new MillraceError("CONTROL_SOCKET", `another process listens on ${socketPath}`, {
    hint: "two runs of one job can't share a state directory",
  });
}

function cannotListen(socketPath: string, cause: unknown): MillraceError {
  return new MillraceError("CONTROL_SOCKET", `can't listen on ${socketPath}: ${messageOf(cause)}`, {
    cause,
    hint: "check that its directory exists and that you may write there",
  });
}
