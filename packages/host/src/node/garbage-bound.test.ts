import { getBuiltinModule } from "node:process";
import { expect, it, vi } from "vitest";
import { boundGarbage } from "./garbage-bound.ts";

it("the end of one of two jobs in a process does not take away the bound of the other", () => {
  vi.useFakeTimers();
  const told = vi.spyOn(getBuiltinModule("node:v8"), "setFlagsFromString").mockImplementation(() => undefined);
  try {
    const one = boundGarbage(1);
    const other = boundGarbage(1);
    vi.advanceTimersByTime(1_000);
    one();
    vi.advanceTimersByTime(1_000);
    expect(told.mock.lastCall).toEqual(["--heap-growing-percent=40"]);
    other();
    expect(told.mock.lastCall).toEqual(["--heap-growing-percent=0"]);
  } finally {
    told.mockRestore();
    vi.useRealTimers();
  }
});
