import { expect, it } from "vitest";
import { Lane } from "./lane.ts";

it("does one piece of work after the other, also after one that failed", async () => {
  const lane = new Lane();
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = lane.run(async () => {
    await gate.promise;
    done.push("first");
    throw new Error("of the first");
  });
  const second = lane.run(async () => {
    done.push("second");
    return 2;
  });
  const idle = lane.idle.then(() => done.push("idle"));
  await Promise.resolve();
  expect(done).toEqual([]);
  gate.resolve();
  await expect(first).rejects.toThrow("of the first");
  await expect(second).resolves.toBe(2);
  await idle;
  expect(done).toEqual(["first", "second", "idle"]);
});
