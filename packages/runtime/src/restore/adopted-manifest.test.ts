import type { CheckpointManifest, OperatorSnapshot } from "@millrace/contracts";
import type { OperatorRestore, PartRestore, RestorePlan } from "@millrace/plan";
import { describe, expect, it } from "vitest";
import { adoptedManifest, changesRecords, changesSnapshot } from "./adopted-manifest.ts";

const keyed = { keyGroups: { start: 0, end: 9 }, files: [] };

function manifestOf(...operators: OperatorSnapshot[]): CheckpointManifest {
  return { operators } as unknown as CheckpointManifest;
}

function part(kind: PartRestore["part"], outcome: PartRestore["outcome"]): PartRestore {
  return { part: kind, name: kind, outcome, changes: [] };
}

function planOf(...operators: Partial<OperatorRestore>[]): RestorePlan {
  return { operators: operators.map((operator) => ({ uid: "", kind: "keyedProcess", outcome: "matched", parts: [], ...operator })), problems: [] };
}

describe("a manifest in an edited job", () => {
  it("has its nodes under the uids that they have now, senders of records under way among them", () => {
    const channels = [{ from: "a", output: "", input: 0 as const, sender: 0, watermark: "min" as const, idle: false, age: 0, elements: 1 }];
    const manifest = manifestOf(
      { uid: "a", subtasks: [{ subtask: 0, keyed }] },
      { uid: "a/map", subtasks: [{ subtask: 0, inFlight: { file: { name: "f", bytes: 0, checksum: "" }, channels } }] },
    );
    const { operators } = adoptedManifest(manifest, planOf({ uid: "b", from: "a", outcome: "migrated", parts: [part("state", "matched")] }));
    expect(operators.map(({ uid }) => uid)).toEqual(["b", "a/map"]);
    expect(operators[0]?.subtasks[0]?.keyed).toBe(keyed);
    expect(operators[1]?.subtasks[0]?.inFlight?.channels[0]?.from).toBe("b");
  });

  it("has nothing of what is dropped", () => {
    const manifest = manifestOf(
      { uid: "gone", subtasks: [{ subtask: 0, keyed }] },
      { uid: "source", enumerator: 1, subtasks: [{ subtask: 0, splits: [1], watermark: 5 }] },
      { uid: "sink", subtasks: [{ subtask: 0, committables: [1] }] },
      { uid: "some", keyed: [keyed], subtasks: [{ subtask: 0, keyed, watermark: 5 }] },
      { uid: "all", keyed: [keyed], subtasks: [{ subtask: 0, keyed, watermark: 5, operatorState: [1] }] },
    );
    const plan = planOf(
      { uid: "gone", from: "gone", outcome: "dropped", parts: [part("state", "dropped")] },
      { uid: "source", from: "source", outcome: "migrated", parts: [part("positions", "dropped")] },
      { uid: "sink", from: "sink", outcome: "migrated", parts: [part("output", "dropped")] },
      { uid: "some", from: "some", outcome: "migrated", parts: [part("state", "dropped"), part("timers", "matched")] },
      { uid: "all", from: "all", outcome: "migrated", parts: [part("state", "dropped"), part("state", "new"), part("operatorState", "dropped")] },
    );
    expect(adoptedManifest(manifest, plan).operators).toEqual([
      { uid: "some", keyed: [keyed], subtasks: [{ subtask: 0, keyed, watermark: 5 }] },
      { uid: "all", subtasks: [{ subtask: 0, watermark: 5 }] },
    ]);
  });

  it("is the same when everything matches", () => {
    const manifest = manifestOf({ uid: "a", subtasks: [{ subtask: 0, keyed, splits: [1] }] });
    const plan = planOf({ uid: "a", from: "a", parts: [part("state", "matched"), part("state", "new")] }, { uid: "b", outcome: "new" });
    expect(adoptedManifest(manifest, plan)).toEqual(manifest);
    expect(changesSnapshot(plan)).toBe(false);
  });

  it("changes the records of a store when keyed state goes or changes, and not when a source does", () => {
    expect(changesRecords(planOf({ from: "a", outcome: "dropped", parts: [part("state", "dropped")] }))).toBe(true);
    expect(changesRecords(planOf({ from: "a", outcome: "migrated", parts: [part("timers", "matched")] }))).toBe(true);
    expect(changesRecords(planOf({ from: "a", outcome: "dropped", parts: [part("positions", "dropped")] }))).toBe(false);
    expect(changesRecords(planOf({ from: "a", parts: [part("state", "matched")] }))).toBe(false);
  });
});
