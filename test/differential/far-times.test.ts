import { Chance } from "@millrace/sim";
import { describe, expect, it } from "vitest";
import type { Program } from "../../scripts/differential/oracle.ts";
import { farClock, farTimes } from "../../scripts/differential/widen/far-times.ts";

/** Chooses what stands at these places of what there is to choose from. */
function choosing(...places: number[]): Chance {
  return new Chance({ uint32: () => places.shift() ?? 0 });
}

const HOUR = 3_600_000;
const BEFORE = -1_000_000_000_007;

describe("a program whose times are moved far away", () => {
  it("has each event time moved, each length stretched, and nothing else", () => {
    const program: Program = {
      id: "w",
      kind: "window",
      spec: {
        assigner: { type: "sliding", time: "event", size: 5, slide: 2, offset: -1 },
        trigger: { type: "purging", of: { type: "continuousEventTime", interval: 3 } },
        evictor: { type: "count", n: 2 },
        allowedLateness: "max",
      },
      input: [{ e: { k: "a", v: 4, id: 0 }, ts: 7 }, { e: { k: "a", id: 1 }, ts: null }, { pt: 9 }, { wm: 10 }, { wm: "max" }],
    };
    expect(farTimes(program, choosing(5, 4))).toEqual({
      ...program,
      spec: {
        assigner: { type: "sliding", time: "event", size: 5 * HOUR, slide: 2 * HOUR, offset: -HOUR },
        trigger: { type: "purging", of: { type: "continuousEventTime", interval: 3 * HOUR } },
        evictor: { type: "count", n: 2 },
        allowedLateness: "max",
      },
      input: [
        { e: { k: "a", v: 4, id: 0 }, ts: 7 * HOUR + BEFORE },
        { e: { k: "a", id: 1 }, ts: null },
        { pt: 9 },
        { wm: 10 * HOUR + BEFORE },
        { wm: "max" },
      ],
    });
  });

  it("has its timers moved with them, those of event time and of the clock apart", () => {
    const ops = [["et", 5], ["xpt", 6], ["side"]];
    const program: Program = {
      id: "p",
      kind: "process",
      spec: {
        onTimer: [
          {
            do: [
              ["et", 2],
              ["pt", 3],
            ],
          },
        ],
        budget: 4,
      },
      input: [{ e: { k: "a", id: 0, ops }, ts: 1 }, { pt: 2 }],
    };
    expect(farTimes(program, choosing(5, 4))).toMatchObject({
      spec: {
        onTimer: [
          {
            do: [
              ["et", 2 * HOUR],
              ["pt", 3],
            ],
          },
        ],
        budget: 4,
      },
      input: [{ e: { ops: [["et", 5 * HOUR + BEFORE], ["xpt", 6], ["side"]] }, ts: HOUR + BEFORE }, { pt: 2 }],
    });
    const place = 2 ** 48;
    expect(farClock(program, choosing(2))).toMatchObject({
      spec: { clockStart: place },
      input: [{ e: { ops: [["et", 5], ["xpt", 6 + place], ["side"]] }, ts: 1 }, { pt: 2 + place }],
    });
  });

  it("has the bounds on its patterns stretched", () => {
    const calls = [
      ["where", { is: "a" }],
      ["oneOrMore", { within: 2 }],
      ["within", 9, "firstAndLast"],
    ];
    const program: Program = { id: "c", kind: "cep", spec: { time: "event", pattern: [{ how: "begin", name: "within", calls }] }, input: [] };
    expect(farTimes(program, choosing(5, 4)).spec.pattern).toEqual([
      {
        how: "begin",
        name: "within",
        calls: [
          ["where", { is: "a" }],
          ["oneOrMore", { within: 2 * HOUR }],
          ["within", 9 * HOUR, "firstAndLast"],
        ],
      },
    ]);
  });
});
