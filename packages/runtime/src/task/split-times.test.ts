import type { WatermarkStrategy } from "@millrace/contracts";
import { createActivityClock, WatermarkStrategies } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { type SplitSnapshot, SplitTimes } from "./split-times.ts";

const split = { id: "a" };

function timesOf(strategy: WatermarkStrategy<unknown>): { readonly times: SplitTimes; readonly told: number[] } {
  const told: number[] = [];
  const times = new SplitTimes({
    strategy,
    idlenessMs: 0,
    active: createActivityClock(() => 0),
    reached: Number.NEGATIVE_INFINITY,
    flows: (event) => event.kind === "watermark" && told.push(event.watermark),
  });
  return { times, told };
}

/** What a split tells at its end that had seen 100 by one strategy before a restore, and has seen 50 by another one since. */
function toldAfter(before: WatermarkStrategy<unknown>, after: WatermarkStrategy<unknown>): readonly number[] {
  const { times: old } = timesOf(before);
  old.add("a");
  old.seen(old.of("a"), {}, 100);
  const snapshot = old.snapshotOf(split) as unknown as SplitSnapshot;
  const { times, told } = timesOf(after);
  times.restore([snapshot]);
  times.seen(times.of("a"), {}, 50);
  for (let look = 0; look < 2; look++) times.look();
  return told;
}

const { boundedOutOfOrderness, custom, monotonousTimestamps, noWatermarks } = WatermarkStrategies;

describe("event time of a split whose source was given another strategy", () => {
  it("goes on from the greatest timestamp where both know it", () => {
    expect(toldAfter(boundedOutOfOrderness(10), boundedOutOfOrderness(20))).toEqual([79]);
    expect(toldAfter(monotonousTimestamps(), boundedOutOfOrderness(20).withIdleness(5))).toEqual([79]);
  });

  it("is found anew where the numbers of the old one are something else", () => {
    const odd = custom("odd", () => ({ onEvent() {}, onPeriodicEmit() {}, snapshot: () => [1e9], restore() {} }));
    expect(toldAfter(odd, boundedOutOfOrderness(10))).toEqual([39]);
    expect(toldAfter(noWatermarks(), boundedOutOfOrderness(10))).toEqual([39]);
    expect(toldAfter(boundedOutOfOrderness(10), noWatermarks())).toEqual([]);
  });
});

describe("event time of a source that reads several splits", () => {
  it("goes on when the split that is furthest behind has been read to its end", () => {
    const { times, told } = timesOf(boundedOutOfOrderness(0));
    for (const id of ["behind", "ahead"]) times.add(id);
    times.seen(times.of("behind"), {}, 100);
    times.seen(times.of("ahead"), {}, 900);
    for (let look = 0; look < 2; look++) times.look();
    times.finish("behind");
    expect(told).toEqual([99, 899]);
  });

  it("stands where it is while one of them has told nothing", () => {
    const { times, told } = timesOf(boundedOutOfOrderness(0));
    for (const id of ["behind", "silent"]) times.add(id);
    times.seen(times.of("behind"), {}, 100);
    times.finish("behind");
    times.finish("silent");
    expect(told).toEqual([]);
  });
});
