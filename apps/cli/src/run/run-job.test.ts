import { defineJob } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import type { JobEvent, StartOptions } from "@millrace/host";
import { describe, expect, it, vi } from "vitest";
import { FakeIo } from "../../test/fake-io.ts";
import { FakeJob, plan } from "../../test/fake-job.ts";
import { Terminal } from "../../test/terminal.ts";
import { createLiveView } from "./live-view.ts";
import { createLogView } from "./log-view.ts";
import { runJob } from "./run-job.ts";
import type { RunView } from "./view.ts";

/** How long a machine that is busy with other things may take. */
const patienceMs = 20_000;

const definition = defineJob("airport-delays", () => undefined);
const resumeCommand = "millrace run job.ts";
const redact = (text: string): string => text;
const loading: JobEvent = { kind: "warning", atMs: 0, code: "WORKER_LOADING", message: "worker 1 has not loaded the job's module" };

function logView(io: FakeIo): RunView {
  return createLogView({ jobName: "airport-delays", io, output: io.out, secrets: ["hunter22"], progressEveryMs: 5 });
}

function run(io: FakeIo, job: FakeJob, view: RunView, start: (options: StartOptions) => Promise<FakeJob> = async () => job): Promise<number> {
  return runJob(io, {
    job: definition,
    plan,
    options: {},
    view,
    start: (_definition, options) => start(options),
    prints: false,
    resumeCommand,
    redact,
  });
}

const events = (io: FakeIo): string[] =>
  io.out.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).event);

describe("a run on a pipe", () => {
  it("logs what the connectors promise, what happens, and ends with 0", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    job.emit({ kind: "checkpointCompleted", atMs: 1, checkpointId: 3, durationMs: 12, bytes: 99 });
    await vi.waitFor(() => expect(events(io)).toContain("job.progress"), patienceMs);
    job.end("finished", 3);
    expect(await ended).toBe(0);
    const connectors = JSON.parse(io.out.text.split("\n")[0] ?? "").connectors;
    expect(connectors).toEqual([
      { uid: "flights", connector: "files", replayable: true },
      { uid: "out", connector: "files", guarantee: "exactly-once" },
    ]);
    expect(events(io)).toContain("checkpoint.completed");
    expect(io.listeners).toBe(0);
  });

  it("stops at the first signal, ends with its code, and says how to go on", async () => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const io = new FakeIo();
      const job = new FakeJob();
      const ended = run(io, job, logView(io));
      await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
      io.signal(signal);
      expect(job.calls).toEqual(["stop"]);
      job.end("stopped", 4);
      expect(await ended).toBe(code);
      expect(JSON.parse(io.out.text.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ event: "job.resumable", command: resumeCommand });
    }
  });

  it("ends the process at once, without a checkpoint, when nothing reads what it prints", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const view = createLogView({ jobName: "airport-delays", io, output: io.err, secrets: [], progressEveryMs: 1_000 });
    const ended = runJob(io, { job: definition, plan, options: {}, view, start: async () => job, prints: true, resumeCommand, redact });
    await vi.waitFor(() => expect(io.err.text).toContain("job.connectors"), patienceMs);
    for (let write = 0; write < 2; write++) io.out.fail("EPIPE");
    expect({ exits: io.exits, calls: job.calls }).toEqual({ exits: [141], calls: [] });
    expect(JSON.parse(io.err.text.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ event: "job.resumable", command: resumeCommand });
    job.end("finished");
    await ended;
    expect(io.out.listeners).toBe(0);
  });

  it("goes on when nothing reads its log", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    io.out.fail("EPIPE");
    job.end("finished");
    expect({ code: await ended, exits: io.exits }).toEqual({ code: 0, exits: [] });
  });

  it("ends the process at the second signal", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    io.signal("SIGTERM");
    io.signal("SIGINT");
    expect(io.exits).toEqual([143]);
    expect(job.calls).toEqual(["stop"]);
    job.end("stopped");
    await ended;
  });

  it("has finished if the job finished while it was being stopped", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    io.signal("SIGINT");
    job.end("finished");
    expect(await ended).toBe(0);
  });

  it("stops a job that a signal met while it was starting", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io), async () => {
      io.signal("SIGINT");
      return job;
    });
    await vi.waitFor(() => expect(job.calls).toEqual(["stop"]), patienceMs);
    job.end("stopped");
    expect(await ended).toBe(130);
  });

  it("logs a warning of the start at once, and not again when the job runs", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const starting = Promise.withResolvers<void>();
    const ended = run(io, job, logView(io), async ({ onEvent }) => {
      onEvent?.(loading);
      await starting.promise;
      job.early.push(loading);
      return job;
    });
    await vi.waitFor(() => expect(events(io)).toEqual(["job.warning"]), patienceMs);
    starting.resolve();
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    job.end("finished");
    expect(await ended).toBe(0);
    expect(events(io).filter((event) => event === "job.warning")).toHaveLength(1);
  });

  it("ends so, too, when what it prints can't be written, as an error that says how to go on", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const view = createLogView({ jobName: "airport-delays", io, output: io.err, secrets: [], progressEveryMs: 3_600_000 });
    const ended = runJob(io, { job: definition, plan, options: {}, view, start: async () => job, prints: true, resumeCommand, redact });
    await vi.waitFor(() => expect(io.err.text).toContain("job.connectors"), patienceMs);
    for (let write = 0; write < 2; write++) io.out.fail("ENOSPC");
    expect({ exits: io.exits, calls: job.calls }).toEqual({ exits: [1], calls: [] });
    expect(io.err.text).toContain(`error: the standard output can't be written: ENOSPC [OUTPUT_WRITE]\n  make room, then resume: ${resumeCommand}\n`);
    job.end("stopped");
    await ended;
  });

  it("passes a failure on, with nothing left behind", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    job.fail(new MillraceError("JOB_RESTARTS", "gave up"));
    await expect(ended).rejects.toMatchObject({ code: "JOB_RESTARTS" });
    await expect(run(io, job, logView(io), () => Promise.reject(new MillraceError("STATE_LOCKED", "locked")))).rejects.toMatchObject({
      code: "STATE_LOCKED",
    });
    expect(io.listeners).toBe(0);
  });

  it("never logs a secret", async () => {
    const io = new FakeIo();
    const job = new FakeJob();
    const ended = run(io, job, logView(io));
    await vi.waitFor(() => expect(events(io)).toContain("job.connectors"), patienceMs);
    job.emit({ kind: "warning", atMs: 1, code: "X", message: "login with hunter22 refused" });
    job.end("finished");
    await ended;
    expect(io.out.text).toContain("login with [secret] refused");
    expect(io.out.text).not.toContain("hunter22");
  });
});

describe("a run on a terminal", () => {
  const live = (): { io: FakeIo; terminal: Terminal; view: RunView } => {
    const terminal = new Terminal(100, 30);
    const io = new FakeIo({ terminal });
    return { io, terminal, view: createLiveView(io, terminal, []) };
  };

  it("shows guarantees, the job as it goes, and how it ended", async () => {
    const { io, terminal, view } = live();
    const job = new FakeJob(12);
    const ended = run(io, job, view);
    await vi.waitFor(() => expect(terminal.screen.join("\n")).toContain("Ctrl-C"), patienceMs);
    expect(terminal.screen.slice(0, 2).map(plainText)).toEqual([
      "out (files): exactly-once",
      "● airport-delays running 1m 12s                                         run 4f21c09a · parallelism 2",
    ]);
    expect(terminal.cursorHidden).toBe(true);
    job.emit({
      kind: "checkpointFailed",
      atMs: 1,
      checkpointId: 5,
      error: new MillraceError("STATE_WRITE", "disk is full", { hint: "free some space" }),
    });
    expect(plainText(terminal.screen.join("\n"))).toContain("  ! checkpoint 5 failed: disk is full [STATE_WRITE]");
    job.end("finished", 13);
    expect(await ended).toBe(0);
    expect(terminal.cursorHidden).toBe(false);
    expect(plainText(terminal.screen.at(-2) ?? "")).toBe("finished: 1,204,331 records read, 5,331 written in 1m 12s");
    expect(terminal.screen.filter((line) => plainText(line).startsWith("operator "))).toHaveLength(1);
    expect(io.listeners).toBe(0);
  });

  it("shows a warning of the start before there is a picture", async () => {
    const { io, terminal, view } = live();
    const job = new FakeJob();
    const starting = Promise.withResolvers<void>();
    const ended = run(io, job, view, async ({ onEvent }) => {
      onEvent?.(loading);
      job.early.push(loading);
      await starting.promise;
      return job;
    });
    await vi.waitFor(() => expect(plainText(terminal.screen.join("\n"))).toContain("warning: worker 1 has not loaded"), patienceMs);
    starting.resolve();
    await vi.waitFor(() => expect(terminal.screen.join("\n")).toContain("Ctrl-C"), patienceMs);
    expect(plainText(terminal.screen.join("\n")).match(/worker 1 has not loaded/g)).toHaveLength(1);
    job.end("finished");
    expect(await ended).toBe(0);
  });

  it("shows what user code says with the next picture, and draws none for each line", async () => {
    const { io, terminal, view } = live();
    const write = vi.spyOn(terminal, "write");
    const job = new FakeJob();
    const ended = run(io, job, view);
    await vi.waitFor(() => expect(terminal.screen.join("\n")).toContain("Ctrl-C"), patienceMs);
    write.mockClear();
    for (let n = 0; n < 1_000; n++) job.emit({ kind: "console", atMs: 0, worker: 1, level: "info", text: `line ${n}` });
    expect(write).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(plainText(terminal.screen.join("\n"))).toContain("line 999"), patienceMs);
    job.end("cancelled");
    expect(await ended).toBe(0);
  });

  it("says what Ctrl-C does, and how to resume", async () => {
    const { io, terminal, view } = live();
    const job = new FakeJob(12);
    const ended = run(io, job, view);
    await vi.waitFor(() => expect(terminal.screen.join("\n")).toContain("Ctrl-C"), patienceMs);
    io.signal("SIGINT");
    expect(plainText(terminal.screen.at(-2) ?? "")).toBe("stopping: taking a last checkpoint · again: stop at once");
    job.end("stopped");
    expect(await ended).toBe(130);
    expect(plainText(terminal.screen.at(-2) ?? "")).toBe("stopped at checkpoint 12; to resume: millrace run job.ts");
  });

  it("gives the cursor back whatever ends the process", async () => {
    const { io, terminal, view } = live();
    const job = new FakeJob();
    const ended = run(io, job, view);
    await vi.waitFor(() => expect(terminal.cursorHidden).toBe(true), patienceMs);
    io.exit(1);
    expect(terminal.cursorHidden).toBe(false);
    job.end("cancelled");
    expect(await ended).toBe(0);
  });
});

function plainText(text: string): string {
  return text.replaceAll(/.\[\d+m/gu, "");
}
