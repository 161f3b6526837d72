import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { expect, it, vi } from "vitest";
import { OperatorRuns } from "../../src/runs/operator-runs.ts";
import { checkpoint, storePlace } from "./open-store.ts";

it("a local store is opened by going from one key group that has records to the next", async () => {
  const place = await storePlace();
  const fired: string[] = [];
  const open = async (filled: boolean) => {
    const backend = await place.open(filled);
    const { value } = backend.states({ value: state.value(t.integer()) });
    const target = { onEventTime: () => void fired.push(String(backend.currentKey())), onProcessingTime() {} };
    return { backend, value, timers: backend.timers("user-timers", t.literal(""), target) };
  };
  const { backend, value, timers } = await open(false);
  for (const key of ["a", "b", "c"]) {
    backend.setCurrentKey(key);
    value.update(1);
    if (key !== "b") timers.registerEventTime("", 5);
  }
  await checkpoint(backend, 1);
  const range = vi.spyOn(OperatorRuns.prototype, "range");
  const again = await open(true);
  expect(range.mock.calls.length).toBeLessThanOrEqual(4);
  range.mockRestore();
  again.timers.advanceEventTime(5, () => false);
  expect(fired.sort()).toEqual(["a", "c"]);
});
