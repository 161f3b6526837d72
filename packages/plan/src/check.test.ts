import { describe, expect, test } from "vitest";
import { planOf, type TestNode } from "../test/plans.ts";
import { checkPlan } from "./check.ts";
import type { PlannedState } from "./logical.ts";

const watermarks = "boundedOutOfOrderness(1000)";
const source: TestNode = { kind: "source", uid: "in", details: { replayable: true, watermarks } };
const sink: TestNode = { kind: "sink", uid: "out", from: ["in"], details: { guarantee: "exactly-once" } };
const count: PlannedState = { name: "count", kind: "value", type: { kind: "number" }, fingerprint: "00" };

/** `CODE uid` of every warning. */
function warningsOf(...nodes: readonly TestNode[]): readonly string[] {
  return checkPlan(planOf(nodes)).map(({ code, uid }) => `${code} ${uid}`);
}

/** A node with its sink, so that its output is used. */
function withSink(node: TestNode & { readonly uid: string }): readonly TestNode[] {
  return [node, { kind: "sink", uid: "end", from: [node.uid], details: { guarantee: "exactly-once" } }];
}

/** The window `w` with its sink. */
function window(details: NonNullable<TestNode["details"]>, more: Partial<TestNode> = {}): readonly TestNode[] {
  const assigner = { type: "tumbling", time: "event", sizeMs: 1000 };
  return withSink({ from: [{ from: "in", exchange: "hash" }], ...more, kind: "window", uid: "w", details: { assigner, ...details } });
}

/** The window as one over two streams. */
function asJoin(node: TestNode): TestNode {
  return node.uid === "w" ? { ...node, kind: "windowJoin" } : node;
}

test("a job that leaves nothing open gets no warning", () => {
  expect(
    warningsOf(source, sink, ...window({ trigger: { type: "eventTime" }, allowedLatenessMs: 0 }, { states: [{ ...count, name: "contents" }] })),
  ).toEqual([]);
});

describe("state", () => {
  const process = (states: readonly PlannedState[]) => withSink({ kind: "keyedProcess", uid: "p", from: [{ from: "in", exchange: "hash" }], states });

  test("of a key without a TTL is unbounded", () => {
    expect(warningsOf(source, sink, ...process([count]))).toEqual(["CHECK_STATE_UNBOUNDED p"]);
    expect(warningsOf(source, sink, ...process([{ ...count, ttlMs: 1000 }]))).toEqual([]);
  });

  test("of a window ends with it, but not what is kept per key or in the global window", () => {
    const named = (name: string): Partial<TestNode> => ({ states: [{ ...count, name }] });
    expect(warningsOf(source, sink, ...window({}, named("window.seen")))).toEqual([]);
    expect(warningsOf(source, sink, ...window({}, named("global.seen")))).toEqual(["CHECK_STATE_UNBOUNDED w"]);
    expect(warningsOf(source, sink, ...window({ assigner: { type: "global" } }, named("contents")))).toEqual(["CHECK_STATE_UNBOUNDED w"]);
    expect(warningsOf(source, sink, ...window({}, named("contents")).map(asJoin))).toEqual([]);
    expect(warningsOf(source, sink, ...window({ assigner: { type: "global" } }, named("contents")).map(asJoin))).toEqual(["CHECK_STATE_UNBOUNDED w"]);
  });

  test("written with t.any() is named, however deep it stands", () => {
    const nested = { kind: "object", fields: [{ name: "seen", type: { kind: "array", element: { kind: "any" } } }] };
    expect(warningsOf(source, sink, ...process([{ ...count, type: nested, ttlMs: 1 }]))).toEqual(["CHECK_STATE_ANY p"]);
    expect(warningsOf(source, sink, ...process([{ ...count, kind: "map", keyType: { kind: "any" }, ttlMs: 1 }]))).toEqual(["CHECK_STATE_ANY p"]);
  });
});

describe("windows", () => {
  const quiet: TestNode = { kind: "source", uid: "quiet", details: { replayable: true } };

  test("in event time need watermarks on every way to them", () => {
    const from = [
      { from: "in", exchange: "hash" },
      { from: "quiet", exchange: "hash" },
    ] as const;
    expect(warningsOf(source, quiet, sink, ...window({}, { from }))).toEqual(["CHECK_WINDOW_WATERMARKS w"]);
    expect(warningsOf({ ...source, details: { watermarks: "noWatermarks()" } }, sink, ...window({}))).toEqual(["CHECK_WINDOW_WATERMARKS w"]);
    expect(warningsOf(source, quiet, sink, ...window({ assigner: { type: "tumbling", time: "processing" } }, { from }))).toEqual([]);
  });

  test("so do joins and patterns in event time", () => {
    const silent = { ...source, details: { watermarks: "noWatermarks()" } };
    const asKind = (kind: TestNode["kind"], details: TestNode["details"] = {}) =>
      window({}).map((node) => (node.kind === "window" ? { ...node, kind, details } : node));
    for (const nodes of [asKind("intervalJoin"), asKind("temporalJoin"), asKind("cep", { time: "event" })]) {
      expect(warningsOf(silent, sink, ...nodes)).toEqual(["CHECK_WATERMARKS w"]);
      expect(warningsOf(source, sink, ...nodes)).toEqual([]);
    }
    expect(warningsOf(silent, sink, ...asKind("cep", { time: "processing" }))).toEqual([]);
  });

  test("get them from an assigner in the middle as well", () => {
    const assigner: TestNode = { kind: "watermarks", uid: "times", from: ["quiet"], details: { watermarks } };
    expect(warningsOf(source, quiet, sink, assigner, ...window({}, { from: [{ from: "times", exchange: "hash" }] }))).toEqual([]);
  });

  test("that never fire or never end are named", () => {
    expect(warningsOf(source, sink, ...window({ trigger: { type: "never" }, allowedLatenessMs: "forever" }))).toEqual([
      "CHECK_WINDOW_NEVER_FIRES w",
      "CHECK_WINDOW_FOREVER w",
    ]);
  });
});

test("connectors that can lose or double records are named", () => {
  expect(warningsOf({ ...source, details: { replayable: false } }, sink)).toEqual(["CHECK_SOURCE_NOT_REPLAYABLE in"]);
  for (const guarantee of ["at-least-once", "none"])
    expect(warningsOf(source, { ...sink, details: { guarantee } })).toEqual(["CHECK_SINK_GUARANTEE out"]);
});

test("a node whose records nobody takes is named", () => {
  expect(warningsOf(source, sink, { kind: "map", uid: "m", from: ["in"] })).toEqual(["CHECK_OUTPUT_UNUSED m"]);
});
