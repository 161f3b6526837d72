import { createActivityClock } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { TaskTimes } from "./task-times.ts";

function times() {
  let now = 1_000;
  const active = createActivityClock(() => now);
  const of = new TaskTimes({ now: () => 0, monotonic: () => now }, active);
  const step = (ms: number, blocks = false): void => {
    const start = now;
    now += ms;
    if (blocks) of.blocked();
    of.stepped(start, now);
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { of, active, step, pass };
}

describe("the times of a task", () => {
  it("count a wait for room while it lasts, and go on from there", () => {
    const { of, step, pass } = times();
    step(5, true);
    pass(2_000);
    expect(of.backPressuredMs).toBe(2_000);
    pass(500);
    expect(of.backPressuredMs).toBe(2_500);
    step(5);
    pass(300);
    expect([of.busyMs, of.backPressuredMs]).toEqual([10, 2_500]);
  });

  it("count a wait through the steps that find no room yet, whatever the task was woken for, and no idleness meanwhile", () => {
    const { of, active, step, pass } = times();
    step(5, true);
    pass(200);
    step(5, true);
    pass(60_000);
    step(5, true);
    pass(60_000);
    expect(of.backPressuredMs).toBe(120_200);
    expect(active.now()).toBe(1_005);
    step(5);
    pass(300);
    expect([of.busyMs, of.backPressuredMs]).toEqual([20, 120_200]);
    expect(active.now()).toBe(1_305);
  });

  it("begin with the first step: what went before is nobody's", () => {
    const { of, step, pass } = times();
    pass(60_000);
    expect(of.elapsedMs).toBe(0);
    step(5);
    pass(5);
    expect(of.elapsedMs).toBe(10);
  });
});
