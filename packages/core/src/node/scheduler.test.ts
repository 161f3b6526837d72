import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nodePorts } from "./index.ts";

const { scheduler } = nodePorts;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

describe("Node's scheduler", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([5, LONGEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS + 1, 2.5 * LONGEST_TIMEOUT_MS])("waits for %i ms, and runs once", (delayMs) => {
    let runs = 0;
    scheduler.after(delayMs, () => runs++);
    vi.advanceTimersByTime(Math.floor(delayMs) - 1);
    expect(runs).toBe(0);
    vi.advanceTimersByTime(2);
    expect(runs).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, 1.5, 2.5])("can be called off after %d times the longest timeout", (timeouts) => {
    let runs = 0;
    const cancel = scheduler.after(3 * LONGEST_TIMEOUT_MS, () => runs++);
    vi.advanceTimersByTime(timeouts * LONGEST_TIMEOUT_MS);
    cancel();
    cancel();
    expect([runs, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
