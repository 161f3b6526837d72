import { t, typeText } from "@millrace/codec";
import { describe, expect, test } from "vitest";
import { descriptionText, durationText, optionsText, watermarksText } from "./words.ts";

test.each([
  [0, "0 ms"],
  [250, "250 ms"],
  [1_500, "1500 ms"],
  [90_000, "90 s"],
  [300_000, "5 min"],
  [86_400_000, "1 d"],
])("%d ms read as %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  [{ type: "eventTime" }, "eventTime"],
  [{ type: "tumbling", time: "event", sizeMs: 60_000, offsetMs: 0 }, "tumbling(event time, size 1 min)"],
  [{ type: "session", time: "processing", gapMs: "dynamic" }, "session(processing time, gap dynamic)"],
  [{ type: "purging", of: { type: "count", count: 3 } }, "purging(count(3))"],
  [{ type: "global", endOfStreamTrigger: false }, "global"],
])("the description %j reads as %s", (description, text) => {
  expect(descriptionText(description)).toBe(text);
});

test("options read without what says nothing", () => {
  const options = { path: "a b.csv", delimiter: ",", header: true, watchEveryMs: null, roll: { everyMs: 1000 }, count: 3 };
  expect(optionsText(options)).toBe('path "a b.csv", delimiter ",", header, roll every 1 s, count 3');
});

test("watermark strategies read with their durations", () => {
  expect(watermarksText("boundedOutOfOrderness(1800000).withIdleness(5000)")).toBe("boundedOutOfOrderness(30 min).withIdleness(5 s)");
});

describe("types read as TypeScript", () => {
  test.each([
    [t.object({ sum: t.number(), gate: t.optional(t.string()) }), "{ sum: number, gate?: string }"],
    [t.array(t.nullable(t.integer())), "(integer | null)[]"],
    [t.array(t.object({ a: t.nullable(t.string()) })), "{ a: string | null }[]"],
    [t.map(t.string(), t.set(t.bigint())), "Map<string, Set<bigint>>"],
    [t.tuple(t.date(), t.boolean()), "[Date, boolean]"],
    [t.record(t.undefinable(t.any())), "Record<string, any | undefined>"],
    [t.literal("a", 1), '"a" | 1'],
    [t.bytes(), "Uint8Array"],
  ])("%#: %s", (codec, text) => {
    expect(typeText(codec.type)).toBe(text);
  });
});
