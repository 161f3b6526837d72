import { NO_TIMESTAMP } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { countEvictor, deltaEvictor, type Evictor, timeEvictor } from "./index.ts";

const context = { window: { start: 0, end: 100 }, currentWatermark: () => 0, currentProcessingTime: () => 0 };
const elements = [
  { value: 7, timestamp: 30 },
  { value: 1, timestamp: 10 },
  { value: 5, timestamp: 20 },
];
const left = (evictor: Evictor<number>): number[] => (evictor.evictBefore?.(elements, context) ?? []).map((element) => element.value);

describe("evictors", () => {
  it("count keeps the last ones to arrive", () => {
    expect(left(countEvictor(2))).toEqual([1, 5]);
    expect(left(countEvictor(0))).toEqual([]);
    expect(left(countEvictor(3))).toEqual([7, 1, 5]);
  });

  it("time keeps what is newer than the newest minus the size", () => {
    expect(left(timeEvictor(20))).toEqual([7, 5]);
    expect(left(timeEvictor(0))).toEqual([]);
  });

  it("time keeps all when the first element has no timestamp", () => {
    const timeless = [{ value: 1, timestamp: NO_TIMESTAMP }, ...elements];
    expect(timeEvictor(0).evictBefore?.(timeless, context)).toBe(timeless);
  });

  it("time fails when a later element alone has no timestamp", () => {
    const mixed = [...elements, { value: 1, timestamp: NO_TIMESTAMP }];
    expect(() => timeEvictor(0).evictBefore?.(mixed, context)).toThrow(expect.objectContaining({ code: "WINDOW_EVICTOR" }));
  });

  it("delta keeps what is near the last element", () => {
    expect(left(deltaEvictor(4, (element: number, last) => Math.abs(element - last)))).toEqual([7, 5]);
  });

  it("work after the function when asked to", () => {
    const evictor = countEvictor(1, { after: true });
    expect(evictor.evictBefore).toBeUndefined();
    expect(evictor.evictAfter?.(elements, context)).toEqual([{ value: 5, timestamp: 20 }]);
  });

  it("refuse what is no number of elements or milliseconds", () => {
    expect(() => countEvictor(-1)).toThrow(expect.objectContaining({ code: "WINDOW_EVICTOR" }));
    expect(() => timeEvictor(0.5)).toThrow(expect.objectContaining({ code: "WINDOW_EVICTOR" }));
  });
});
