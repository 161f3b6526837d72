import { type JobEvent, MillraceError } from "millrace";
import { describe, expect, it } from "vitest";
import { patient } from "../src/options.ts";
import { Conduct } from "../src/world/conduct.ts";
import { calm } from "../src/world/faults.ts";
import { SimulatedProcess } from "../src/world/process.ts";
import { disturbs } from "../src/world/quiet-runs.ts";
import { World } from "../src/world/world.ts";

const failed: JobEvent = { kind: "checkpointFailed", atMs: 0, checkpointId: 1, error: new Error("it took too long") };

function begin(options = {}, world = new World(1)): { readonly conduct: Conduct; readonly process: SimulatedProcess } {
  const process = new SimulatedProcess(world, 1, 1, calm, () => undefined);
  return { conduct: new Conduct(world, process, options, calm), process };
}

/** What is said of a process that has heard nothing but these, one after the other. */
function faultAfter(events: readonly JobEvent[], options = {}): string | undefined {
  const { conduct, process } = begin(options);
  for (const event of events) {
    conduct.heard(event);
    if (disturbs(event)) process.disturbed();
  }
  return conduct.fault;
}

describe("a job that nothing is in the way of", () => {
  const running: JobEvent = { kind: "running", atMs: 0 };

  it("fails no checkpoint, unless it has to be quicker than it can", () => {
    expect(faultAfter([running, failed], { tolerableFailures: 3 })).toContain("nothing was in its way");
    expect(faultAfter([running, failed], { ...patient, checkpointTimeoutMs: 5 })).toBeUndefined();
  });

  it("fails of nothing but a local store that is damaged", () => {
    const damage = new MillraceError("STATE_CORRUPT", "a block of the run does not fit its checksum");
    const { conduct } = begin();
    conduct.failed(damage, true);
    expect(conduct.fault).toContain("nothing was in its way");
    const world = new World(1);
    world.isRotten = true;
    const { conduct: rotten } = begin({}, world);
    rotten.failed(damage, true);
    expect(rotten.fault).toBeUndefined();
  });

  it("takes a last checkpoint when it is to stop, unless a rescale has taken it", () => {
    const { conduct } = begin();
    conduct.stops(true);
    conduct.ended("stopped");
    expect(conduct.fault).toContain("without a last checkpoint");
    const { conduct: rescaled } = begin();
    rescaled.refusals.watch({ kind: "rescale", parallelism: 1 }, true, new Promise(() => undefined));
    rescaled.stops(true);
    rescaled.ended("stopped");
    expect(rescaled.fault).toBeUndefined();
  });

  it("ends with the savepoint that it is to be stopped with, not as if it had not been asked", async () => {
    const refusedWith = async (code: string): Promise<Conduct> => {
      const { conduct } = begin();
      conduct.refusals.watch({ kind: "stopWithSavepoint" }, true, Promise.reject(new MillraceError(code, "checkpoint 4 was given up")));
      await Promise.resolve();
      await Promise.resolve();
      return conduct;
    };
    const begun = await refusedWith("CHECKPOINT_ABORTED");
    begun.ended("finished");
    expect(begun.fault).toContain("stopWithSavepoint was refused");
    const ending = await refusedWith("JOB_NOT_RUNNING");
    ending.ended("finished");
    expect(ending.fault).toBeUndefined();
  });

  it("does what it is asked for beside what is in nobody's way, and may refuse what can't be had beside the rest", async () => {
    const checkpoint: JobEvent = { kind: "checkpointCompleted", atMs: 0, checkpointId: 1, durationMs: 1, bytes: 1 };
    const faultBeside = async (other: "rescale" | "stop"): Promise<string | undefined> => {
      const { conduct, process } = begin();
      process.asked.push(other, "savepoint");
      conduct.refusals.watch({ kind: "savepoint" }, true, Promise.reject(new MillraceError("CHECKPOINT_ABORTED", "the job ended")));
      await Promise.resolve();
      await Promise.resolve();
      for (let taken = 0; taken < 3; taken++) conduct.heard(checkpoint);
      return conduct.fault;
    };
    expect(await faultBeside("rescale")).toContain("savepoint was refused");
    expect(await faultBeside("stop")).toBeUndefined();
  });

  it("warns of nothing but what it found at its start", () => {
    const warning = (code: string): JobEvent => ({ kind: "warning", atMs: 0, code, message: "" });
    expect(faultAfter([warning("LOCK_RECOVERED"), running])).toBeUndefined();
    expect(faultAfter([running, warning("CHECKPOINT_WRITE")])).toContain("it warns");
  });

  it("is never in a state that can't be", () => {
    const restarting: JobEvent = { kind: "restarting", atMs: 0, attempt: 2, delayMs: 0, error: new TypeError("undefined has no such thing") };
    expect(faultAfter([running, restarting])).toContain("the engine itself is wrong");
  });
});
