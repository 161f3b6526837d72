import { chmod, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { type Json, MillraceError, messageOf } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import type { JobHandle, JobResult } from "../job-handle.ts";
import { Connections } from "./connections.ts";
import type { ControlError, EndInfo, HeldCheckpointInfo } from "./job-info.ts";
import { prometheusText } from "./prometheus.ts";
import { statusToJson } from "./status-json.ts";

export interface ControlServerOptions {
  readonly handle: JobHandle;
  readonly plan: LogicalPlan;
  readonly engineVersion: string;
  /** In a directory that only the user may enter. A socket that nobody listens on any more is replaced. */
  readonly socketPath: string;
  /** Takes the secrets of the job's parameters out of what is answered of errors. */
  readonly redact: (text: string) => string;
}

export interface ControlServer extends AsyncDisposable {
  readonly socketPath: string;
  /**
   * Takes no more questions and removes the socket. What was asked before is still answered, an end when it has come; all
   * else is hung up on, a held checkpoint too, so that nobody keeps the process of a job that has ended.
   */
  close(): Promise<void>;
}

/**
 * Serves the control API of one job, version 1, as HTTP over a Unix socket of mode 0600:
 * `GET /v1/job`, `GET /v1/plan`, `GET /v1/metrics` (Prometheus text), `GET /v1/checkpoint` (held while the answer is open),
 * `POST /v1/savepoint`, `POST /v1/rescale`, `POST /v1/stop`, `POST /v1/cancel`.
 * Throws CONTROL_SOCKET when it can't listen.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { socketPath } = options;
  await removeDeadSocket(socketPath);
  // Loaded when it is needed, and not by `import`: that reads every name the module exports, and some of them load the
  // whole of fetch and WebSocket, which takes as long as starting Node itself.
  const connections = new Connections();
  const server = process.getBuiltinModule("node:http").createServer((request, response) => {
    answer(options, connections, request, response).catch((error: unknown) =>
      refuse(response, 500, "CONTROL_FAILED", options.redact(messageOf(error))),
    );
  });
  server.on("connection", (socket) => connections.opened(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(socketPath, error)));
    server.listen(socketPath, resolve);
  });
  // A job that has ended must not be kept in the process by its control API.
  server.unref();
  const close = async (): Promise<void> => {
    // Answers are not waited for: whoever asked the job to end has his when it has, and closing is part of that.
    server.close();
    connections.hangUp();
    await rm(socketPath, { force: true });
  };
  try {
    await chmod(socketPath, 0o600);
  } catch (error) {
    await close().catch(() => undefined);
    throw cannotListen(socketPath, error);
  }
  return { socketPath, close, [Symbol.asyncDispose]: close };
}

/** `body`: the JSON object of the request; {} when it has none. */
type Route = (options: ControlServerOptions, response: ServerResponse, body: Body) => void | Promise<void>;
type Body = Readonly<Record<string, unknown>>;

const BODY_UNITS_MAX = 1 << 16;
/** An answer that is not read for so long is given up. */
const UNREAD_MS = 5_000;

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/v1/job": { GET: ({ handle, engineVersion }, response) => json(response, 200, jobInfo(handle, engineVersion)) },
  "/v1/plan": { GET: ({ plan }, response) => json(response, 200, plan) },
  "/v1/metrics": { GET: ({ handle }, response) => send(response, 200, "text/plain; version=0.0.4; charset=utf-8", prometheusText(handle.status())) },
  "/v1/checkpoint": { GET: heldCheckpoint },
  "/v1/savepoint": { POST: savepoint },
  "/v1/rescale": { POST: rescale },
  "/v1/stop": { POST: stop },
  "/v1/cancel": { POST: (options, response) => end(options, response, options.handle.cancel()) },
};

async function answer(options: ControlServerOptions, connections: Connections, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) return refuse(response, 404, "CONTROL_PATH", `there is no ${path}`, `try ${Object.keys(routes).join(", ")}`);
  const method = request.method ?? "GET";
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) return refuse(response, 405, "CONTROL_METHOD", `${path} takes ${Object.keys(methods).join(", ")}, not ${method}`);
  const body = await bodyOf(request);
  if (body === undefined) return refuse(response, 400, "CONTROL_BODY", `the body of ${path} must be a JSON object`);
  connections.owe(request.socket);
  await route(options, response, body);
  if (!response.writableEnded) connections.oweNothing(request.socket);
}

/** undefined: it is no JSON object, or far too long for one of ours. */
async function bodyOf(request: IncomingMessage): Promise<Body | undefined> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_UNITS_MAX) return undefined;
  }
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What can't be understood is no stop of another kind. */
function stop(options: ControlServerOptions, response: ServerResponse, { savepoint = false, drain = false }: Body): void | Promise<void> {
  if ((typeof savepoint !== "boolean" && !isPath(savepoint)) || typeof drain !== "boolean") {
    return refuse(response, 400, "CONTROL_BODY", 'stop takes {"savepoint": boolean or path, "drain": boolean}');
  }
  return end(options, response, options.handle.stop({ savepoint, drain }));
}

async function rescale({ handle, redact }: ControlServerOptions, response: ServerResponse, { parallelism }: Body): Promise<void> {
  if (typeof parallelism !== "number") {
    refuse(response, 400, "CONTROL_BODY", 'rescale takes {"parallelism": number}');
    return;
  }
  try {
    json(response, 200, { ...(await handle.rescale(parallelism)) });
  } catch (error) {
    refuseWith(response, error, "RESCALE_FAILED", redact);
  }
}

async function savepoint({ handle, redact }: ControlServerOptions, response: ServerResponse, { path }: Body): Promise<void> {
  if (path !== undefined && !isPath(path)) {
    refuse(response, 400, "CONTROL_BODY", 'savepoint takes {"path": path}');
    return;
  }
  try {
    json(response, 200, await handle.savepoint(path));
  } catch (error) {
    refuseWith(response, error, "SAVEPOINT_FAILED", redact);
  }
}

/**
 * Names the last completed checkpoint and keeps it from being cleaned up until the asker hangs up, so that he can read its
 * files in peace.
 */
function heldCheckpoint({ handle }: ControlServerOptions, response: ServerResponse): void {
  const held = handle.holdCheckpoint?.();
  if (held === undefined) {
    refuse(response, 404, "CHECKPOINT_MISSING", "the job has no completed checkpoint yet", "try again in a moment");
    return;
  }
  response.once("close", held.release);
  response.writeHead(200, { "content-type": "application/json", connection: "close" });
  response.write(`${JSON.stringify({ checkpointId: held.checkpointId, path: held.path } satisfies HeldCheckpointInfo)}\n`);
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

async function end({ handle: { resumedFrom }, redact }: ControlServerOptions, response: ServerResponse, ended: Promise<JobResult>): Promise<void> {
  try {
    const result = await ended;
    const checkpointId = result.checkpointId ?? resumedFrom ?? null;
    const saved = result.savepoint === undefined ? {} : { savepoint: result.savepoint };
    json(response, 200, { end: result.end, runId: result.runId, checkpointId, ...saved } satisfies EndInfo);
  } catch (error) {
    refuseWith(response, error, "JOB_FAILED", redact);
  }
}

function refuseWith(response: ServerResponse, error: unknown, otherwise: string, redact: ControlServerOptions["redact"]): void {
  const { code, hint } = error instanceof MillraceError ? error : { code: otherwise, hint: undefined };
  refuse(response, 409, code, redact(messageOf(error)), hint === undefined ? undefined : redact(hint));
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
  response.setTimeout(UNREAD_MS);
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
