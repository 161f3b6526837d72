import { describe, expect, it } from "vitest";
import { operator, status } from "../../test/snapshots.ts";
import { RateMeter } from "./rates.ts";

function at(seconds: number, recordsIn: number, more: object = {}) {
  return status({ nowMs: seconds * 1000, operators: [operator("a", { recordsIn, recordsOut: recordsIn * 2, subtasks: 2, ...more })] });
}

describe("rates", () => {
  it("there are none before the second look", () => {
    expect(new RateMeter().measure(at(1, 100)).size).toBe(0);
  });

  it("are records a second, and shares of the time of all subtasks", () => {
    const meter = new RateMeter();
    meter.measure(at(1, 100, { busyMs: 1_000 }));
    expect(meter.measure(at(3, 500, { busyMs: 2_000, backPressuredMs: 400 })).get("a")).toEqual({
      inPerSecond: 200,
      outPerSecond: 400,
      busyShare: 0.25,
      backPressuredShare: 0.1,
    });
  });

  it("forget what is more than three seconds ago", () => {
    const meter = new RateMeter();
    meter.measure(at(0, 0));
    meter.measure(at(1, 9_000));
    for (const seconds of [2, 3, 4]) meter.measure(at(seconds, 9_000));
    expect(meter.measure(at(5, 9_000)).get("a")?.inPerSecond).toBe(0);
  });

  it("begin anew when a restart has set the counters back", () => {
    const meter = new RateMeter();
    meter.measure(at(1, 500));
    expect(meter.measure(at(2, 10)).size).toBe(0);
    expect(meter.measure(at(3, 30)).get("a")?.inPerSecond).toBe(20);
  });

  it("stay within 0 and 1 for shares, whatever the clocks say", () => {
    const meter = new RateMeter();
    meter.measure(at(1, 0));
    expect(meter.measure(at(2, 0, { busyMs: 9_999, backPressuredMs: -5 })).get("a")).toMatchObject({ busyShare: 1, backPressuredShare: 0 });
  });
});
