import type { CheckpointManifest } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { CheckpointRequests } from "./checkpoint-requests.ts";

const manifest = (checkpointId: number): CheckpointManifest => ({ checkpointId }) as CheckpointManifest;
const aborted = new MillraceError("CHECKPOINT_ABORTED", "given up");

describe("requests for checkpoints", () => {
  it("are served by one that was triggered after them", async () => {
    const requests = new CheckpointRequests();
    requests.triggered(1);
    const asked = requests.add("savepoint", {});
    requests.completed(manifest(1));
    requests.triggered(2);
    requests.completed(manifest(2));
    await expect(asked).resolves.toEqual(manifest(2));
  });

  it("say that a savepoint will be made of a checkpoint that was triggered for another reason, and that it is the last before a stop", () => {
    const requests = new CheckpointRequests();
    expect(requests.triggered(1)).toEqual({ savepointWanted: false, suspends: false });
    void requests.add("final", {});
    expect(requests.triggered(2)).toEqual({ savepointWanted: false, suspends: false });
    void requests.add("savepoint", {});
    expect(requests.triggered(3)).toEqual({ savepointWanted: true, suspends: false });
    void requests.add("final", { suspends: Symbol("stop") });
    expect(requests.triggered(4)).toEqual({ savepointWanted: true, suspends: true });
  });

  it("for savepoints are refused when it is aborted, a final one is for the next", async () => {
    const requests = new CheckpointRequests();
    const [savepoint, final] = [requests.add("savepoint", {}), requests.add("final", {})];
    requests.triggered(1);
    const later = requests.add("savepoint", {});
    expect(requests.aborted(1, aborted)).toEqual({ finalWanted: true });
    await expect(savepoint).rejects.toBe(aborted);
    requests.triggered(2);
    requests.completed(manifest(2));
    await expect(final).resolves.toEqual(manifest(2));
    await expect(later).resolves.toEqual(manifest(2));
    expect(requests.aborted(3, aborted)).toEqual({ finalWanted: false });
  });

  it("suspend checkpoints from their own on, until all who did resume them", async () => {
    const requests = new CheckpointRequests();
    const [one, other] = [Symbol("one"), Symbol("other")];
    const seen: boolean[] = [];
    const asked = [
      requests.add("final", { suspends: one, completed: () => seen.push(requests.suspended) }),
      requests.add("final", { suspends: other }),
    ];
    expect(requests.suspended).toBe(false);
    requests.triggered(1);
    requests.completed(manifest(1));
    await Promise.all(asked);
    expect(seen).toEqual([true]);
    requests.resume(one);
    expect(requests.suspended).toBe(true);
    requests.resume(other);
    expect(requests.suspended).toBe(false);
  });

  it("suspend checkpoints from what comes beforehand on, and no longer when that fails: they are refused with its reason", async () => {
    const requests = new CheckpointRequests();
    const suspends = Symbol("one");
    const reason = new Error("no space");
    const beforehand = async (): Promise<void> => {
      expect(requests.suspendedBy(suspends)).toBe(true);
      throw reason;
    };
    const asked = requests.add("savepoint", { suspends, beforehand });
    const beside = requests.add("savepoint", {});
    requests.triggered(1);
    expect(requests.suspendedBy(suspends)).toBe(false);
    await expect(requests.acknowledged(manifest(1))).rejects.toBe(reason);
    requests.aborted(1, aborted);
    expect(requests.suspended).toBe(false);
    await expect(asked).rejects.toBe(reason);
    await expect(beside).rejects.toBe(aborted);
  });

  it("are answered by what becomes of their checkpoint, though there will be no more, when that waits for them alone", async () => {
    for (const completes of [true, false]) {
      const requests = new CheckpointRequests();
      const asked = requests.add("savepoint", { beforehand: async () => requests.close() });
      requests.triggered(1);
      await requests.acknowledged(manifest(1));
      if (completes) requests.completed(manifest(1));
      else requests.failed(1, aborted);
      await (completes ? expect(asked).resolves.toEqual(manifest(1)) : expect(asked).rejects.toBe(aborted));
    }
  });

  it("are refused when there will be no more", async () => {
    const requests = new CheckpointRequests();
    const asked = [requests.add("savepoint", {}), requests.add("final", {})];
    requests.close();
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
  });
});
