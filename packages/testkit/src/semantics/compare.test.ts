import { describe, expect, it } from "vitest";
import type { SemanticsCase, TraceEntry } from "./case.ts";
import { checkCases } from "./check-cases.ts";
import { compareCase } from "./compare.ts";
import { variations } from "./variation.ts";

function recorded(kind: string, output: readonly TraceEntry[], more: Partial<SemanticsCase> = {}): SemanticsCase {
  return { id: `${kind}-1`, kind, spec: {}, input: [], output, ...more };
}

const fired = (k: string, et: number, at = 1): TraceEntry => ({ v: { k }, ts: et, at, et });
const emitted = (k: string, at = 1): TraceEntry => ({ v: { k }, ts: 1, at });

describe("the comparison with Flink's output", () => {
  it("takes timers of one time in any order, and no others", () => {
    const flink = recorded("window", [fired("a", 5), fired("b", 5), fired("a", 6), { wm: 9, at: 1 }]);
    expect(compareCase(flink, { output: [fired("b", 5), fired("a", 5), fired("a", 6), { wm: 9, at: 1 }] })).toBeUndefined();
    expect(compareCase(flink, { output: [fired("a", 5), fired("a", 6), fired("b", 5), { wm: 9, at: 1 }] })).toContain("at group 0");
    expect(compareCase(flink, { output: [fired("a", 5), fired("b", 5), { wm: 9, at: 1 }, fired("a", 6)] })).toContain("at group 1");
  });

  it("takes what records emit in their order alone", () => {
    const flink = recorded("window", [emitted("a"), emitted("b")]);
    expect(compareCase(flink, { output: [emitted("b"), emitted("a")] })).toContain("at group 0");
  });

  it("sees what is missing, what is too much, and every changed field", () => {
    const flink = recorded("valve", [{ wm: 1, at: 0 }]);
    expect(compareCase(flink, { output: [] })).toContain("this engine nothing more");
    expect(
      compareCase(flink, {
        output: [
          { wm: 1, at: 0 },
          { wm: 2, at: 1 },
        ],
      }),
    ).toContain("Flink gave nothing more");
    expect(compareCase(flink, { output: [{ wm: 1, at: 1 }] })).toContain("at group 0");
    const sides = recorded("process", [{ side: "x", v: { k: "a" }, ts: null, at: 0 }]);
    expect(compareCase(sides, { output: [{ side: "x", v: { k: "a" }, ts: "min", at: 0 }] })).toContain("at group 0");
  });

  it("compares timers of the past per key, but none across a watermark", () => {
    const flink = recorded("process", [fired("a", 5), fired("a", 3), fired("b", 5), { wm: 9, at: 1 }], { spec: { pastTimers: true } });
    expect(compareCase(flink, { output: [fired("b", 5), fired("a", 5), fired("a", 3), { wm: 9, at: 1 }] })).toBeUndefined();
    expect(compareCase(flink, { output: [fired("b", 5), fired("a", 3), fired("a", 5), { wm: 9, at: 1 }] })).toContain("at group");
    expect(compareCase(flink, { output: [fired("a", 5), fired("a", 3), { wm: 9, at: 1 }, fired("b", 5)] })).toContain("at group");
  });

  it("takes errors as equal when phase and step are", () => {
    const flink = recorded("window", [{ error: { phase: "run", type: "X", message: "x" }, at: 3 }]);
    expect(compareCase(flink, { output: [{ error: { phase: "run", type: "Y" }, at: 3 }] })).toBeUndefined();
    expect(compareCase(flink, { output: [{ error: { phase: "run" }, at: 4 }] })).toContain("at group 0");
    expect(compareCase(flink, { output: [{ error: { phase: "build" } }] })).toContain("at group 0");
  });

  it("compares late records, and state left over where Flink has none", () => {
    const flink = recorded("window", [], { end: { lateDropped: 2, stateEmpty: true } });
    expect(compareCase(flink, { output: [], end: { lateDropped: 2, stateEmpty: true } })).toBeUndefined();
    expect(compareCase(flink, { output: [], end: { lateDropped: 1 } })).toContain("late elements");
    expect(compareCase(flink, { output: [], end: { lateDropped: 2, stateEmpty: false } })).toContain("state left");
    const stateful = recorded("window", [], { end: { stateEmpty: false } });
    expect(compareCase(stateful, { output: [], end: { stateEmpty: true } })).toBeUndefined();
  });
});

describe("a report on cases", () => {
  it("counts what passed, differs and is not built, per kind", async () => {
    const valve = (id: string, output: readonly TraceEntry[]): SemanticsCase => ({
      ...recorded("valve", output, { spec: { inputs: 1 }, input: [{ wm: 5, in: 0 }] }),
      id,
    });
    const cases = [valve("right", [{ wm: 5, at: 0 }]), recorded("telepathy", []), valve("wrong", [{ wm: 6, at: 0 }])];
    expect(await checkCases(cases, variations.plain)).toEqual([
      { kind: "valve", passed: 1, deviates: [], differences: [expect.stringMatching(/^wrong: /)], skipped: 0 },
      { kind: "telepathy", passed: 0, deviates: [], differences: [], skipped: 1 },
    ]);
  });

  it("takes a failing runner for a difference", async () => {
    const [report] = await checkCases([recorded("multiplexer", [], { input: [{ wm: 1, out: "never registered" }] })], variations.plain);
    expect(report?.differences).toEqual([expect.stringContaining("the runner itself failed")]);
  });
});
