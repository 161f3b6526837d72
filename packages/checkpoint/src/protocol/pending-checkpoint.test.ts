import { AssertionError } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beginCheckpoint,
  onAck,
  onDecline,
  onInterrupted,
  onManifestFailed,
  onManifestWritten,
  onTaskFinished,
  onTimeout,
  type PendingCheckpoint,
  type PendingStep,
} from "./pending-checkpoint.ts";

const begin = (running: string[], finished: Record<string, string> = {}): PendingStep<string> =>
  beginCheckpoint({ checkpointId: 5, triggeredAtMs: 100, running, finished: new Map(Object.entries(finished)) });
const ack = (pending: PendingCheckpoint<string>, task: string, checkpointId = 5): PendingStep<string> =>
  onAck(pending, { checkpointId, task, snapshot: `snapshot of ${task}` });

describe("a pending checkpoint", () => {
  test("is complete with the last acknowledgement, finished tasks included", () => {
    const first = ack(begin(["a", "b"], { c: "last of c" }).pending, "b");
    expect(first.decision).toEqual({ kind: "wait" });
    const last = ack(first.pending, "a");
    const snapshots = new Map([
      ["a", "snapshot of a"],
      ["b", "snapshot of b"],
      ["c", "last of c"],
    ]);
    expect(last.decision).toEqual({ kind: "complete", snapshots });
    expect(last.pending.phase).toBe("writing");
    expect(onManifestWritten(last.pending)).toMatchObject({ pending: { phase: "completed" }, decision: { kind: "commit" } });
  });

  test("is complete at once when every task has finished before", () => {
    expect(begin([], { a: "last of a" }).decision.kind).toBe("complete");
  });

  test("takes the last snapshot of a task that ends before the barrier reached it", () => {
    const { pending, decision } = onTaskFinished(begin(["a"]).pending, "a", "last of a");
    expect(decision).toEqual({ kind: "complete", snapshots: new Map([["a", "last of a"]]) });
    expect(onTaskFinished(pending, "a", "again").decision).toEqual({ kind: "wait" });
  });

  test("keeps the acknowledgement of a task that ends after it", () => {
    const { pending } = ack(begin(["a", "b"]).pending, "a");
    const step = onTaskFinished(pending, "a", "last of a");
    expect(step.pending.snapshots.get("a")).toBe("snapshot of a");
    expect(step.decision).toEqual({ kind: "wait" });
  });

  test("is aborted by the first decline, and ignores what comes after", () => {
    const { pending, decision } = onDecline(begin(["a", "b"]).pending, { checkpointId: 5, task: "a", cause: "disk full" });
    expect(decision).toEqual({ kind: "abort", reason: { kind: "declined", task: "a", cause: "disk full" } });
    expect(ack(pending, "b").decision).toEqual({ kind: "ignore" });
    expect(onDecline(pending, { checkpointId: 5, task: "b", cause: "" }).decision).toEqual({ kind: "ignore" });
    expect(onTimeout(pending, 5).decision).toEqual({ kind: "ignore" });
  });

  test("names the tasks that a timeout waited for", () => {
    const { pending } = ack(begin(["a", "b", "c"]).pending, "b");
    expect(onTimeout(pending, 5).decision).toEqual({ kind: "abort", reason: { kind: "timeout", waitingFor: ["a", "c"] } });
  });

  test("ignores news of an older checkpoint", () => {
    const { pending } = begin(["a"]);
    expect(ack(pending, "a", 4)).toEqual({ pending, decision: { kind: "ignore" } });
    expect(onDecline(pending, { checkpointId: 4, task: "a", cause: "" }).decision).toEqual({ kind: "ignore" });
    expect(onTimeout(pending, 4).decision).toEqual({ kind: "ignore" });
  });

  test("whose manifest is being written is neither timed out nor interrupted, since it may exist already", () => {
    const { pending } = ack(begin(["a"]).pending, "a");
    expect(onTimeout(pending, 5).decision).toEqual({ kind: "ignore" });
    expect(onInterrupted(pending, { kind: "task-failed", cause: "" }).decision).toEqual({ kind: "wait" });
    expect(onManifestFailed(pending, "disk full").decision).toEqual({ kind: "abort", reason: { kind: "write-failed", cause: "disk full" } });
  });

  test("is aborted when a task fails or the job ends meanwhile", () => {
    expect(onInterrupted(begin(["a"]).pending, { kind: "job-ended" }).decision).toEqual({ kind: "abort", reason: { kind: "job-ended" } });
  });

  test("refuses what cannot be: two acknowledgements, strangers, the future", () => {
    const { pending } = ack(begin(["a", "b"]).pending, "a");
    expect(() => ack(pending, "a")).toThrow(AssertionError);
    expect(() => onDecline(pending, { checkpointId: 5, task: "a", cause: "" })).toThrow(AssertionError);
    expect(() => ack(pending, "stranger")).toThrow(AssertionError);
    expect(() => ack(pending, "b", 6)).toThrow(AssertionError);
    expect(() => onManifestWritten(pending)).toThrow(AssertionError);
    expect(() => begin(["a"], { a: "both" })).toThrow(AssertionError);
  });

  test("in any order of events ends exactly once, and is complete only with everyone's snapshot", () => {
    const event = fc.record({
      task: fc.integer({ min: 0, max: 4 }),
      kind: fc.constantFrom("ack", "ack", "ack", "finish", "old", "decline", "timeout"),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(event, { maxLength: 40 }), (taskCount, events) => {
        const tasks = Array.from({ length: taskCount }, (_, index) => `${index}`);
        let { pending } = begin(tasks);
        const owing = new Set(tasks);
        let ends = 0;
        for (const { task: index, kind } of events) {
          const task = `${index % taskCount}`;
          const owed = owing.has(task);
          if (kind !== "finish" && kind !== "old" && kind !== "timeout" && !owed) continue;
          const step =
            kind === "ack"
              ? ack(pending, task)
              : kind === "old"
                ? ack(pending, task, 3)
                : kind === "finish"
                  ? onTaskFinished(pending, task, "last")
                  : kind === "decline"
                    ? onDecline(pending, { checkpointId: 5, task, cause: "" })
                    : onTimeout(pending, 5);
          pending = step.pending;
          if (kind !== "old" && kind !== "timeout") owing.delete(task);
          if (step.decision.kind === "complete" || step.decision.kind === "abort") ends++;
          if (step.decision.kind === "complete") expect([...step.decision.snapshots.keys()].sort()).toEqual(tasks);
          if (pending.phase === "collecting") expect([...pending.waitingFor].sort()).toEqual([...owing].sort());
        }
        expect(ends).toBe(pending.phase === "collecting" ? 0 : 1);
        if (owing.size === 0) expect(ends).toBe(1);
      }),
    );
  });
});
