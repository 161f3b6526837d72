import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planOf, type TestEdge, type TestNode } from "../../test/plans.ts";
import { toPhysical } from "../to-physical.ts";
import { drawMermaid } from "./draw-mermaid.ts";
import { drawText } from "./draw-text.ts";

const keyed = (from: string, input: 0 | 1 = 0): TestEdge => ({ from, input, exchange: "hash" });

const job = planOf(
  [
    {
      kind: "source",
      uid: "flights",
      details: {
        connector: "files",
        boundedness: "bounded",
        options: { patterns: ["f.csv"], header: true },
        watermarks: "boundedOutOfOrderness(14400000)",
      },
    },
    { kind: "filter", from: ["flights"] },
    { kind: "source", uid: "weather", parallelism: 1, details: { connector: "stdin", boundedness: "unbounded", replayable: false } },
    {
      kind: "coProcess",
      uid: "join",
      from: [keyed("filter"), keyed("weather", 1)],
      states: [{ name: "last", kind: "map", keyType: { kind: "string" }, type: { kind: "integer" }, fingerprint: "00", ttlMs: 3_600_000 }],
      timers: ["event"],
      sideOutputs: ["unknown"],
    },
    { kind: "sink", uid: "unknown-out", from: [{ from: "join", output: "unknown" }], details: { connector: "print", guarantee: "none" } },
    {
      kind: "window",
      uid: "delays",
      name: "Mean delay",
      from: [keyed("join")],
      details: {
        assigner: { type: "tumbling", time: "event", sizeMs: 3_600_000, offsetMs: 0 },
        trigger: { type: "eventTime" },
        allowedLatenessMs: 600_000,
      },
      states: [{ name: "contents", kind: "value", type: { kind: "object", fields: [{ name: "sum", type: { kind: "number" } }] }, fingerprint: "01" }],
    },
    { kind: "sink", uid: "delays-out", from: ["delays"], details: { connector: "files", guarantee: "exactly-once", options: { directory: "out" } } },
  ],
  { out: "out" },
);

test("a job is drawn for the terminal", () => {
  expect(drawText(job, { physical: toPhysical(job, { parallelism: 2 }) })).toBe(`test · 7 nodes · plan 738fcac577fe0c72
parameters out="out"

○    flights         source · files · bounded
│      options      patterns f.csv, header
│      watermarks   boundedOutOfOrderness(4 h)
│
◇    flights/filter  filter
│
│ ○  weather         source · stdin · unbounded · ×1
│ │    replay       none: what was read is gone after a crash
│ │
├─╯
◆    join            keyed process of two inputs
│      from         flights/filter · hash · first input
│      from         weather · hash · second input
│      state        last: map of string to integer, ttl 1 h
│      timers       event time
│      side outputs unknown
├─╮
│ │  ↓ side output unknown
│ ●  unknown-out     sink · print · none
│    ↓ hash
◆    delays          window · tumbling(event time, size 1 h) · “Mean delay”
│      lateness     10 min allowed
│      state        contents: value of { sum: number }
│
●    delays-out      sink · files · exactly-once
       options      directory out

4 tasks at parallelism 2, 720 key groups
  0  ×2  flights → flights/filter
  1  ×1  weather
  2  ×2  join → unknown-out  (hash from 0, hash from 1)
  3  ×2  Mean delay → delays-out  (hash from 2)
`);
});

test("a job is drawn for Mermaid", () => {
  expect(drawMermaid(job)).toBe(`flowchart TD
  n0(["flights<br/>source"])
  n1["flights/filter<br/>filter"]
  n2(["weather<br/>source ×1"])
  n3[["join<br/>keyed process of two inputs"]]
  n4[("unknown-out<br/>sink")]
  n5[["Mean delay<br/>window"]]
  n6[("delays-out<br/>sink")]
  n0 --> n1
  n1 -->|"hash"| n3
  n2 -->|"hash"| n3
  n3 -.->|"unknown"| n4
  n3 -->|"hash"| n5
  n5 --> n6
`);
});

test("names that Mermaid would read as markup are escaped", () => {
  const plan = planOf([
    { kind: "source", uid: "in", name: 'a "b" <c> & d' },
    { kind: "sink", uid: "out", from: ["in"] },
  ]);
  expect(drawMermaid(plan)).toContain("a &quot;b&quot; &lt;c&gt; &amp; d");
});

describe("any job's drawing", () => {
  const anyJob = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 14 }).map((shapes) => {
    const nodes: TestNode[] = [{ kind: "source", uid: "n0" }];
    for (const shape of shapes) {
      const uid = `n${nodes.length}`;
      const from = shape.map((source) => `n${source % nodes.length}`);
      nodes.push(from.length === 0 ? { kind: "source", uid } : { kind: "keyedProcess", uid, from });
    }
    return planOf([...nodes, { kind: "sink", uid: "out", from: [`n${nodes.length - 1}`] }]);
  });

  test("can be read back: following the lines gives the plan's edges again", () => {
    fc.assert(
      fc.property(anyJob, (plan) => {
        expect(readEdges(drawText(plan))).toEqual(
          plan.nodes.flatMap((node) => node.inputs.map((edge) => `${plan.nodes[edge.from]?.uid}>${node.uid}`)).sort(),
        );
      }),
    );
  });
});

/** Walks down the rows of a drawing and keeps which node each lane came from: the edges, as `from>to`. */
function readEdges(drawing: string): readonly string[] {
  const lanes: (string | undefined)[] = [];
  const edges: string[] = [];
  let merging: (string | undefined)[] = [];
  for (const row of drawing.split("\n").slice(2)) {
    const [, before, uid] = /^([^○◇◆●]*)[○◇◆●][ │]+([^\s│]+)/.exec(row) ?? [];
    const fork = row.indexOf("├");
    for (let lane = 0; lane < lanes.length; lane++) if ((row[2 * lane] ?? " ") === " ") lanes[lane] = undefined;
    for (let at = 0; fork >= 0 && at < row.length; at += 2) {
      const mark = row[at] ?? "";
      if ("╯┴".includes(mark)) merging.push(lanes[at / 2]);
      if ("╯┴".includes(mark)) lanes[at / 2] = undefined;
      if ("╮┬".includes(mark)) lanes[at / 2] = lanes[fork / 2];
    }
    if (before === undefined || uid === undefined) continue;
    const lane = before.length / 2;
    for (const from of [lanes[lane], ...merging]) if (from !== undefined) edges.push(`${from}>${uid}`);
    merging = [];
    lanes[lane] = uid;
  }
  return edges.sort();
}
