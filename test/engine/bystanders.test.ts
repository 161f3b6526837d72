import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { collect, datagen, defineJob, discard, type JobDefinition, type JobEvent, type Sink, startJob } from "millrace";
import { FaultyFiles, fault } from "millrace/testing";
import { describe, expect, it, vi } from "vitest";
import { countOf, expectSame, inDirectory, startNoted, until, upTo } from "./support.ts";

function passing(count: number, sink: Sink<number>, ratePerSecond?: number): JobDefinition {
  return defineJob("passing", (env) => {
    const rate = ratePerSecond === undefined ? {} : { ratePerSecond };
    env.from(datagen({ generate: (n: number) => n, count, ...rate }), { uid: "numbers" }).to(sink, { uid: "out" });
  });
}

describe("a listener that throws", () => {
  it("is told of as a warning of the process, and neither the job nor other listeners notice", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      const sink = collect<number>();
      const job = await startJob(passing(100, sink), { ephemeral: true });
      const heard: JobEvent["kind"][] = [];
      job.on(() => {
        throw new Error("a listener's own mistake");
      });
      job.on((event) => heard.push(event.kind));
      expect((await job.finished).end).toBe("finished");
      expectSame(sink.values, upTo(100));
      expect(heard).toContain("finished");
      expect(warned).toHaveBeenCalledWith(expect.stringContaining("a listener's own mistake"), expect.objectContaining({ code: "JOB_LISTENER" }));
    } finally {
      warned.mockRestore();
    }
  });
});

describe("a logger", () => {
  it("hears every event, and takes none from the first listener", async () => {
    const logged: string[] = [];
    const log = (_: object, message: string): number => logged.push(message);
    const job = await startJob(passing(10, discard()), { ephemeral: true, logger: { debug: log, info: log, warn: log, error: log } });
    const heard: string[] = [];
    job.on((event) => heard.push(event.kind));
    await job.finished;
    expect(heard[0]).toBe("started");
    expect(logged.length).toBe(heard.length);
  });
});

describe("checkpoints that can't be cleaned up", () => {
  it("are a warning, and the job goes on", () =>
    inDirectory(async (directory) => {
      const readOnly = new FaultyFiles(nodePorts.files, ({ kind, path }) =>
        kind === "remove" && path.includes("/checkpoints/") ? fault("EROFS", "read-only file system") : undefined,
      );
      const sink = collect<number>();
      const { job, events } = await startNoted(passing(2_000, sink, 20_000), directory, {
        ports: { ...nodePorts, files: readOnly },
        retained: 1,
      });
      const result = await job.finished;
      expect(result).toMatchObject({ end: "finished", restarts: 0 });
      expectSame(sink.values, upTo(2_000));
      const warning = events.find((event) => event.kind === "warning");
      expect(warning).toMatchObject({ code: "CHECKPOINT_CLEANUP", message: expect.stringContaining("read-only file system") });
      expect(countOf(events, "checkpointFailed")).toBe(0);
    }));
});

describe("local state of subtasks that are gone and that can't be removed", () => {
  it("is a warning, and the job goes on", () =>
    inDirectory(async (directory) => {
      const { job: before } = await startNoted(passing(1e9, discard(), 20_000), directory);
      await before.stop();
      await mkdir(join(directory, "local/slot-5"), { recursive: true });
      const readOnly = new FaultyFiles(nodePorts.files, ({ kind, path }) =>
        kind === "remove" && path.endsWith("/local/slot-5") ? fault("EROFS", "read-only file system") : undefined,
      );
      const { job, events } = await startNoted(passing(1e9, discard(), 20_000), directory, { ports: { ...nodePorts, files: readOnly } });
      await until(() => countOf(events, "checkpointCompleted") > 1);
      expect(await job.stop()).toMatchObject({ end: "stopped", restarts: 0 });
      const warnings = events.filter((event) => event.kind === "warning");
      expect(warnings).toMatchObject([{ code: "LOCAL_STATE_LEFT", message: expect.stringContaining("read-only file system") }]);
    }));
});

describe("a control API", () => {
  const endless = (): JobDefinition => passing(1e9, discard());
  const warningsOf = (events: readonly JobEvent[]): readonly string[] =>
    events.flatMap((event) => (event.kind === "warning" ? `${event.code}: ${event.message}` : []));

  it("that can't be written down is closed, and the next run of the process has its own", () =>
    inDirectory(async (directory) => {
      const full = new FaultyFiles(nodePorts.files, ({ path }) => (path.includes("control.json") ? fault("ENOSPC", "no space left") : undefined));
      const first = await startNoted(endless(), directory, { ports: { ...nodePorts, files: full } });
      await until(() => countOf(first.events, "warning") > 0);
      expect(warningsOf(first.events)).toEqual([expect.stringMatching(/^CONTROL_SOCKET: .*no space left/)]);
      await first.job.stop();
      const second = await startNoted(endless(), directory);
      await until(() => existsSync(join(directory, "control.json")));
      await second.job.stop();
      expect(warningsOf(second.events)).toEqual([]);
    }));

  it("whose socket can't be removed is a warning, and the end of the run is written down", () =>
    inDirectory(async (directory) => {
      const control = join(directory, "control.json");
      const { job, events } = await startNoted(endless(), directory);
      await until(() => existsSync(control));
      const { socketPath } = JSON.parse(readFileSync(control, "utf8")) as { readonly socketPath: string };
      rmSync(socketPath);
      mkdirSync(socketPath);
      try {
        await job.cancel();
      } finally {
        rmdirSync(socketPath);
      }
      expect(warningsOf(events)).toEqual([expect.stringMatching(/^CONTROL_SOCKET: the control API did not close/)]);
      const next = await startNoted(endless(), directory);
      expect(next.job.resumedFrom).toBeUndefined();
      await next.job.cancel();
    }));
});

describe("an ephemeral job that is stopped before its input has ended", () => {
  async function warningsOf(sink: Sink<number>): Promise<readonly string[]> {
    const job = await startJob(passing(1e9, sink), { ephemeral: true });
    const warnings: string[] = [];
    job.on((event) => event.kind === "warning" && warnings.push(`${event.code}: ${event.message}`));
    await until(() => (job.status().operators[0]?.recordsOut ?? 0) > 0);
    expect((await job.stop()).end).toBe("stopped");
    return warnings;
  }

  it("says that nothing was published, and by which sink", async () => {
    const sink = collect<number>();
    expect(await warningsOf(sink)).toEqual([expect.stringMatching(/^EPHEMERAL_UNPUBLISHED: .*"out"/)]);
    expect(sink.values).toEqual([]);
  });

  it("has nothing to say of sinks that publish at once", async () => {
    expect(await warningsOf(discard())).toEqual([]);
  });
});
