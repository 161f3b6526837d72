import { session, tumbling } from "@millrace/operators";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { steps } from "../../src/harness/index.ts";
import { folded, linesPerStep, openWindows, specOf } from "./window-harness.ts";

const a = (id: number) => ({ key: "a", id });

describe("late records", () => {
  it.each(["generated", "general"] as const)("a very late record does not re-create a window that is gone (%s)", async (implementation) => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), contents: folded, lateOutput: undefined }), { implementation });
    harness.element(a(1), 5);
    harness.watermark(9);
    harness.element(a(2), 5);
    harness.watermark(1_000_000);
    harness.element(a(3), 5);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 10, ids: [1] }]);
    expect(harness.metrics.lateDropped).toBe(2);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("a very late record does not re-create a session that is gone", async () => {
    const harness = await openWindows(specOf({ assigner: session(10), allowedLatenessMs: 5 }));
    harness.element(a(1), 5);
    harness.watermark(14);
    harness.element(a(2), 9);
    harness.watermark(100);
    harness.element(a(3), 9);
    expect(harness.values()).toEqual([
      { key: "a", start: 5, end: 15, ids: [1] },
      { key: "a", start: 5, end: 19, ids: [1, 2] },
    ]);
    expect(harness.outputs.at(-1)).toEqual({ kind: "side", name: "late", value: a(3), timestamp: 9 });
    expect(harness.metrics).toMatchObject({ lateSide: 1, lateDropped: 0 });
    expect(harness.stateEmpty()).toBe(true);
  });

  it("a record behind the watermark counts as long as its window is not gone", async () => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), contents: folded }));
    harness.element(a(1), 9);
    harness.watermark(8);
    harness.element(a(2), 1);
    harness.watermark(9);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 10, ids: [1, 2] }]);
  });

  it("windows that may be late for ever fire again for every late record", async () => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), allowedLatenessMs: Number.POSITIVE_INFINITY }));
    harness.element(a(1), 9);
    harness.watermark(1_000_000);
    harness.element(a(2), 1);
    expect(harness.values()).toMatchObject([{ ids: [1] }, { ids: [1, 2] }]);
  });
});

describe("an endless lateness", () => {
  const endless = { allowedLatenessMs: Number.POSITIVE_INFINITY };

  it("ends at the last watermark for windows before 1970, and never for later ones, as Flink's sums of longs have it", async () => {
    const harness = await openWindows(specOf({ assigner: tumbling(10), ...endless }));
    harness.element(a(1), -15);
    harness.watermark(1_000_000);
    expect(harness.stateEmpty()).toBe(false);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.stateEmpty()).toBe(true);
    const later = await openWindows(specOf({ assigner: tumbling(10), ...endless }));
    later.element(a(1), 15);
    later.watermark(Number.POSITIVE_INFINITY);
    expect(later.stateEmpty()).toBe(false);
  });

  it("refuses merges of sessions after 1970, before any watermark only the one whose sum is the least long", async () => {
    const merged = async (first: number, watermark?: number): Promise<void> => {
      const harness = await openWindows(specOf({ assigner: session(10), ...endless }));
      harness.element(a(1), first);
      if (watermark !== undefined) harness.watermark(watermark);
      harness.element(a(2), first + 1);
    };
    const refused = expect.objectContaining({ code: "WINDOW_MERGE" });
    await expect(merged(-9)).rejects.toThrow(refused);
    await expect(merged(-8)).resolves.toBeUndefined();
    await expect(merged(-8, -100)).rejects.toThrow(refused);
    await expect(merged(-10, -100)).resolves.toBeUndefined();
  });
});

describe("a function that throws", () => {
  it.each(["generated", "interpreted", "general"] as const)("is named by uid and key (%s)", async (implementation) => {
    const keySelector = (value: unknown): string => {
      const { key } = value as { key: string };
      if (key === "") throw new Error("no key");
      return key;
    };
    const process = {
      process: () => {
        throw new Error("no result");
      },
    };
    const harness = await openWindows(specOf({ assigner: tumbling(10), contents: folded, keySelector, process }), { implementation });
    harness.element(a(1), 5);
    const noKey = { code: "USER_FUNCTION", message: expect.stringContaining("no key"), where: { uid: "operator", subtask: 0, key: undefined } };
    expect(() => harness.element({ key: "", id: 2 }, 5)).toThrow(expect.objectContaining(noKey));
    expect(() => harness.element(a(3), Number.NEGATIVE_INFINITY)).toThrow(
      expect.objectContaining({ code: "WINDOW_TIMESTAMP", where: expect.objectContaining({ uid: "operator" }) }),
    );
    const noResult = { code: "USER_FUNCTION", message: expect.stringContaining("no result"), where: { uid: "operator", subtask: 0, key: '"a"' } };
    expect(() => harness.watermark(9)).toThrow(expect.objectContaining(noResult));
  });
});

describe("sessions", () => {
  it("do not depend on clock resolution: seconds, milliseconds and any clock give the same sessions", async () => {
    const times = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        times,
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 1, max: 10 ** 9 }), { maxLength: 12 }),
        async (seconds, gap, clock) => {
          const coarse = await openWindows(specOf({ assigner: session(gap) }));
          const fine = await openWindows(specOf({ assigner: session(gap * 1_000) }));
          let now = 0;
          for (const [id, time] of seconds.entries()) {
            coarse.element(a(id), time);
            now += clock[id] ?? 0;
            fine.setProcessingTime(now);
            fine.element(a(id), time * 1_000);
          }
          const end = [steps.watermark(Number.POSITIVE_INFINITY)];
          linesPerStep(coarse, end);
          linesPerStep(fine, end);
          const scaled = coarse.values().map((fired) => ({
            ...(fired as object),
            start: (fired as { start: number }).start * 1_000,
            end: (fired as { end: number }).end * 1_000,
          }));
          expect(fine.values()).toEqual(scaled);
        },
      ),
    );
  });

  it("that touch are one session, and those a millisecond apart are two", async () => {
    const harness = await openWindows(specOf({ assigner: session(10) }));
    for (const [id, time] of [0, 10, 21].entries()) harness.element(a(id), time);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toEqual([
      { key: "a", start: 0, end: 20, ids: [0, 1] },
      { key: "a", start: 21, end: 31, ids: [2] },
    ]);
  });

  it("that a record bridges become one, with what each of them held", async () => {
    const harness = await openWindows(specOf({ assigner: session(10), contents: folded }));
    for (const [id, time] of [0, 20, 10].entries()) harness.element(a(id), time);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 30, ids: [0, 1, 2] }]);
    expect(harness.stateEmpty()).toBe(true);
  });

  it("keep what they hold when a record's own window is exactly the session", async () => {
    const gapOf = (value: unknown): number => ((value as { id: number }).id === 2 ? 15 : 10);
    const harness = await openWindows(specOf({ assigner: session(gapOf), contents: folded }));
    for (const [id, time] of [0, 5, 0].entries()) harness.element(a(id), time);
    harness.watermark(Number.POSITIVE_INFINITY);
    expect(harness.values()).toEqual([{ key: "a", start: 0, end: 15, ids: [0, 1, 2] }]);
  });
});
