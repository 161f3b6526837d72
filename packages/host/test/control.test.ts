import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ControlServer, createControlClient, startControlServer } from "../src/control/index.ts";
import { FakeHandle, runningStatus } from "./fake-handle.ts";

const plan: LogicalPlan = { formatVersion: 1, jobName: "delays", parameters: { out: "results" }, nodes: [] };

describe("the control API", () => {
  let directory: string;
  let socketPath: string;
  let handle: FakeHandle;
  let server: ControlServer;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-control-"));
    socketPath = join(directory, "a.sock");
    handle = new FakeHandle();
    server = await startControlServer({ handle, plan, engineVersion: "0.1.0", socketPath });
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

  it("will not take the socket of a process that lives", async () => {
    await expect(startControlServer({ handle, plan, engineVersion: "0.1.0", socketPath })).rejects.toMatchObject({ code: "CONTROL_SOCKET" });
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

function raw(socketPath: string, method: string, path: string): Promise<{ status: number | undefined; code: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, code: JSON.parse(body).error.code }));
    });
    asked.on("error", reject);
    asked.end();
  });
}
