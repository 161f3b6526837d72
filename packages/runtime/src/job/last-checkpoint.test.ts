import { SimulatedTime } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { lastCheckpoint } from "./last-checkpoint.ts";
import type { Checkpointed } from "./stopping.ts";

const never = new Promise<never>(() => undefined);

/** What becomes of the last checkpoint within two minutes. */
async function within2Minutes(taken: Promise<unknown>, heard: () => Promise<void>): Promise<string> {
  const time = new SimulatedTime(0, undefined);
  const attempt = { checkpoints: { take: () => taken }, deployment: { heard } } as unknown as Checkpointed;
  let end = "under way";
  lastCheckpoint(attempt, time).then(
    () => {
      end = "taken";
    },
    (error: Error) => {
      end = error.message;
    },
  );
  await time.advance(120_000);
  return end;
}

describe("the last checkpoint of a run", () => {
  it("may take as long as it needs, while all threads hear what they are told", async () => {
    expect(await within2Minutes(never, async () => {})).toBe("under way");
    expect(await within2Minutes(Promise.resolve(), async () => {})).toBe("taken");
  });

  it("is given up when a thread hears nothing any more", async () => {
    expect(await within2Minutes(never, () => never)).toMatch("a worker has heard nothing for 15 s");
  });

  it("fails as it fails, also while it is asked who still hears", async () => {
    expect(await within2Minutes(Promise.reject(new Error("no space")), () => never)).toBe("no space");
  });

  it("waits for a checkpoint's own word where a thread is gone", async () => {
    expect(await within2Minutes(never, () => Promise.reject(new Error("gone")))).toBe("under way");
  });
});
