import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ControlServer, createControlClient, startControlServer } from "../src/control/index.ts";
import { redactor } from "../src/log/index.ts";
import { FakeHandle, runningStatus } from "./fake-handle.ts";

const plan: LogicalPlan = { formatVersion: 1, jobName: "delays", parameters: { out: "results" }, nodes: [] };
const redact = redactor(["hunter22"]);

describe("the control API", () => {
  let directory: string;
  let socketPath: string;
  let handle: FakeHandle;
  let server: ControlServer;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-control-"));
    socketPath = join(directory, "a.sock");
    handle = new FakeHandle();
    server = await startControlServer({ handle, plan, engineVersion: "0.1.0", redact, socketPath });
  });
  afterEach(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  it("is open to its user alone", async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  it("tells the job's status, infinite watermarks included", async () => {
    const info = await createControlClient({ socketPath }).job();
    expect(info).toEqual({
      apiVersion: 1,
      engineVersion: "0.1.0",
      pid: process.pid,
      stateDirectory: "state/delays",
      resumedFrom: 5,
      status: runningStatus,
    });
  });

  it("tells the plan", async () => {
    expect(await createControlClient({ socketPath }).plan()).toEqual(plan);
  });

  it("tells metrics as Prometheus reads them", async () => {
    const lines = (await createControlClient({ socketPath }).metrics()).split("\n");
    expect(lines).toContain('millrace_operator_records_out_total{job="delays",uid="flights",kind="source"} 5000');
    expect(lines).toContain('millrace_operator_late_dropped_total{job="delays",uid="odd \\"uid\\"",kind="window"} 7');
    expect(lines).toContain('millrace_operator_watermark_seconds{job="delays",uid="flights",kind="source"} 1000000.5');
    expect(lines).toContain('millrace_checkpoint_last_duration_seconds{job="delays"} 0.045');
    expect(lines.filter((line) => line.startsWith("millrace_operator_watermark_seconds"))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("# TYPE millrace_operator_records_in_total"))).toEqual([
      "# TYPE millrace_operator_records_in_total counter",
    ]);
  });

  it("cancels and stops, and answers when the job has ended", async () => {
    const client = createControlClient({ socketPath });
    let release = (): void => undefined;
    handle.ending = () =>
      new Promise((resolve) => {
        release = () => resolve({ end: "cancelled", runId: "4f21c09a", durationMs: 1, restarts: 0, operators: [] });
      });
    let answered = false;
    const cancelled = client.cancel().then((end) => {
      answered = true;
      return end;
    });
    await expect.poll(() => handle.calls).toEqual(["cancel"]);
    await client.job();
    expect(answered).toBe(false);
    release();
    expect(await cancelled).toEqual({ end: "cancelled", runId: "4f21c09a", checkpointId: 8 });
  });

  it("says nothing of a secret, whatever an error says", async () => {
    handle.ending = () => Promise.reject(new MillraceError("SINK_OPEN", "password hunter22 was refused", { hint: "is hunter22 right?" }));
    await expect(createControlClient({ socketPath }).stop()).rejects.toMatchObject({
      message: expect.stringContaining("password [secret] was refused"),
      hint: "is [secret] right?",
    });
  });

  it("passes on why an end went wrong", async () => {
    handle.ending = () => Promise.reject(new MillraceError("JOB_ENDED", "the job has ended already", { hint: "run it again" }));
    await expect(createControlClient({ socketPath }).stop()).rejects.toMatchObject({
      code: "JOB_ENDED",
      message: "the job has ended already",
      hint: "run it again",
    });
  });

  it("refuses other paths and methods by name", async () => {
    expect(await raw(socketPath, "GET", "/v2/job")).toEqual({ status: 404, code: "CONTROL_PATH" });
    expect(await raw(socketPath, "GET", "/v1/cancel")).toEqual({ status: 405, code: "CONTROL_METHOD" });
    expect(await raw(socketPath, "POST", "/constructor")).toEqual({ status: 404, code: "CONTROL_PATH" });
    expect(handle.calls).toEqual([]);
  });

  it("refuses options that are none, and does nothing else in their place", async () => {
    for (const [path, body] of [
      ["/v1/stop", { savepoint: 5 }],
      ["/v1/stop", { savepoint: "" }],
      ["/v1/stop", { drain: "yes" }],
      ["/v1/savepoint", { path: 5 }],
      ["/v1/rescale", { parallelism: "4" }],
    ] as const) {
      expect(await raw(socketPath, "POST", path, JSON.stringify(body))).toEqual({ status: 400, code: "CONTROL_BODY" });
    }
    expect(handle.calls).toEqual([]);
  });

  it("gives an answer that was asked for before it closes, and leaves no socket", async () => {
    const answer = createControlClient({ socketPath }).job();
    await expect.poll(async () => (await answer).status.name).toBe("delays");
    await server.close();
    await expect(stat(socketPath)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(createControlClient({ socketPath }).job()).rejects.toMatchObject({ code: "CONTROL_UNREACHABLE" });
  });

  it("answers who asked for the end after it has closed, because closing is part of the end", async () => {
    handle.ending = async () => {
      await server.close();
      return { end: "cancelled", runId: "4f21c09a", durationMs: 1, restarts: 0, operators: [] };
    };
    expect((await createControlClient({ socketPath }).cancel()).end).toBe("cancelled");
  });

  it("hangs up on whoever reads a checkpoint when it closes, and lets go of that", async () => {
    const client = await createControlClient({ socketPath }).holdCheckpoint();
    expect(client.checkpointId).toBe(8);
    expect(handle.held).toBe(1);
    await server.close();
    await expect.poll(() => handle.held).toBe(0);
    client.release();
  });

  it("keeps a checkpoint for longer than a question may take", async () => {
    const timeoutMs = 50;
    const client = await createControlClient({ socketPath, timeoutMs }).holdCheckpoint();
    await new Promise((resolve) => setTimeout(resolve, 5 * timeoutMs));
    expect(handle.held).toBe(1);
    client.release();
    await expect.poll(() => handle.held).toBe(0);
  });

  it("hangs up when it closes on those who have not asked for anything whole, and answers the others", async () => {
    let release = (): void => undefined;
    handle.ending = () =>
      new Promise((resolve) => {
        release = () => resolve({ end: "cancelled", runId: "4f21c09a", durationMs: 1, restarts: 0, operators: [] });
      });
    const cancelled = createControlClient({ socketPath }).cancel();
    await expect.poll(() => handle.calls).toEqual(["cancel"]);
    const beginnings = ["", "GET /v1/job HTTP/1.1\r\nHo", "POST /v1/stop HTTP/1.1\r\nHost: job\r\nContent-Length: 20\r\n\r\n{"];
    const closed = await Promise.all(beginnings.map((text) => saying(socketPath, text)));
    await server.close();
    await Promise.all(closed.map((one) => one.closed));
    release();
    expect((await cancelled).end).toBe("cancelled");
    expect(handle.calls).toEqual(["cancel"]);
  });

  it("gives up an answer that nobody reads", { timeout: 30_000 }, async () => {
    const long = join(directory, "long.sock");
    const parameters = { text: "x".repeat(8 << 20) };
    const other = await startControlServer({ handle, plan: { ...plan, parameters }, engineVersion: "0.1.0", redact, socketPath: long });
    const { socket, closed } = await saying(long, "GET /v1/plan HTTP/1.1\r\nHost: job\r\n\r\n");
    let bytes = 0;
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        bytes += chunk.length;
        socket.pause();
        resolve();
      });
    });
    await other.close();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    socket.removeAllListeners("data").on("data", (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    await closed;
    expect(bytes).toBeLessThan(parameters.text.length);
  });

  it("will not take the socket of a process that lives", async () => {
    await expect(startControlServer({ handle, plan, engineVersion: "0.1.0", redact, socketPath })).rejects.toMatchObject({ code: "CONTROL_SOCKET" });
    expect((await createControlClient({ socketPath }).job()).pid).toBe(process.pid);
  });

  it("says so when the job does not answer", async () => {
    const silent = join(directory, "silent.sock");
    const blocked = createServer(() => undefined);
    await new Promise<void>((resolve) => blocked.listen(silent, resolve));
    await expect(createControlClient({ socketPath: silent, timeoutMs: 50 }).job()).rejects.toMatchObject({ code: "CONTROL_TIMEOUT" });
    blocked.close();
  });
});

/** A connection over which so much was said; `closed` when the other side has ended it. */
async function saying(socketPath: string, text: string): Promise<{ readonly socket: Socket; readonly closed: Promise<void> }> {
  const socket = connect(socketPath);
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once("connect", resolve);
  });
  await new Promise<void>((resolve) => {
    socket.write(text, () => resolve());
  });
  return { socket, closed };
}

function raw(socketPath: string, method: string, path: string, body?: string): Promise<{ status: number | undefined; code: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, code: JSON.parse(body).error?.code }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
