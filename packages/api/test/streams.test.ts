import type { PlanNode } from "@millrace/plan";
import { describe, expect, test } from "vitest";
import {
  boundedOutOfOrderness,
  buildJob,
  countTrigger,
  type DataStream,
  defineJob,
  hours,
  minutes,
  outputTag,
  seconds,
  session,
  sliding,
  state,
  t,
  tumbling,
} from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { type Flight, flightCodec, late } from "./flights.ts";

/** The nodes of a job by uid, and their bodies. */
function built(streams: (flights: DataStream<Flight>) => void) {
  const graph = buildJob(
    defineJob("streams", (env) => {
      const flights = env.from(sourceOf<Flight>(), { uid: "flights" });
      streams(flights);
      flights.to(sinkOf(), { uid: "raw" });
    }),
  );
  const node = (uid: string): PlanNode => {
    const found = graph.plan.nodes.find((one) => one.uid === uid);
    if (found === undefined) throw new Error(`no ${uid} among ${graph.plan.nodes.map((one) => one.uid).join(" ")}`);
    return found;
  };
  return { graph, node, body: (uid: string) => graph.bodies[node(uid).id] };
}

const sum = {
  accumulator: t.number(),
  createAccumulator: () => 0,
  add: (flight: Flight, total: number) => total + flight.delay,
  getResult: (total: number) => total,
};

describe("nodes", () => {
  test("map, filter and flatMap hand their functions over and derive their uids", () => {
    const { graph, body } = built((flights) => {
      flights
        .map((flight) => flight.delay)
        .filter((delay) => delay > 15)
        .flatMap((delay) => [delay, -delay])
        .to(sinkOf(), { uid: "out" });
    });
    expect(graph.plan.nodes.map((one) => one.uid)).toEqual([
      "flights",
      "flights/map",
      "flights/map/filter",
      "flights/map/filter/flatMap",
      "out",
      "raw",
    ]);
    expect(body("flights/map")).toMatchObject({ kind: "map" });
    const filter = body("flights/map/filter");
    expect(filter?.kind === "filter" && [10, 20].map(filter.fn)).toEqual([false, true]);
    const flatMap = body("flights/map/filter/flatMap");
    expect(flatMap?.kind === "flatMap" && flatMap.fn(3)).toEqual([3, -3]);
  });

  test("a source's connector, watermarks and side outputs stand in the plan", () => {
    const bad = outputTag<string>("bad");
    const graph = buildJob(
      defineJob("source", (env) => {
        const lines = env.from(sourceOf<Flight>({ path: "f.csv", sideOutputs: ["unreadable"] }), {
          uid: "flights",
          name: "Flights",
          parallelism: 2,
          sideOutputs: [bad],
          watermarks: boundedOutOfOrderness(seconds(5), (flight) => flight.at),
        });
        lines.to(sinkOf("none"), { uid: "out" });
        lines.sideOutput(bad).to(sinkOf(), { uid: "bad" });
        lines.sideOutput(outputTag<unknown>("unreadable")).to(sinkOf(), { uid: "unreadable" });
      }),
    );
    expect(graph.plan.nodes[0]).toMatchObject({
      name: "Flights",
      parallelism: 2,
      sideOutputs: ["unreadable", "bad"],
      details: { connector: "test", boundedness: "bounded", replayable: true, options: { path: "f.csv" }, watermarks: "boundedOutOfOrderness(5000)" },
    });
    expect(graph.plan.nodes[1]?.details).toEqual({ connector: "test", guarantee: "none", options: { path: "out" } });
    expect(graph.plan.nodes[2]?.inputs).toEqual([{ from: 0, output: "bad", input: 0, exchange: "forward" }]);
  });

  test("a keyed process function's states, timers, side outputs and key stand in the plan", () => {
    const { node, body } = built((flights) => {
      flights
        .keyBy((flight) => flight.origin, { key: t.string() })
        .process(
          {
            emits: t.number(),
            state: {
              count: state.value(t.integer(), { ttlMs: 1000 }),
              gates: state.map(t.string(), t.number()),
            },
            sideOutputs: [late],
            processElement() {},
            onTimer() {},
          },
          { uid: "p" },
        );
    });
    expect(node("p")).toMatchObject({
      kind: "keyedProcess",
      inputs: [{ from: 0, output: "", input: 0, exchange: "hash" }],
      timers: ["event", "processing"],
      sideOutputs: ["late"],
      details: { key: { kind: "string" }, emits: { kind: "number" } },
      states: [
        { name: "count", kind: "value", type: { kind: "integer" }, fingerprint: t.integer().fingerprint, ttlMs: 1000 },
        { name: "gates", kind: "map", keyType: { kind: "string" }, type: { kind: "number" }, fingerprint: t.number().fingerprint },
      ],
    });
    const operator = body("p");
    expect(operator?.kind === "operator" && operator.keySelectors[0]?.({ origin: "BOS" })).toBe("BOS");
    expect(operator?.kind === "operator" && operator.create()).not.toBe(operator?.kind === "operator" && operator.create());
  });

  test("connected streams enter one node by two inputs with a key each", () => {
    const { node, body } = built((flights) => {
      const delays = flights.map((flight) => ({ from: flight.origin }));
      flights
        .connect(delays)
        .keyBy(
          (flight) => flight.origin,
          (delay) => delay.from,
        )
        .process({ state: { last: state.value(flightCodec) }, processElement1() {}, processElement2() {} }, { uid: "joined" });
    });
    expect(node("joined").inputs).toEqual([
      { from: 0, output: "", input: 0, exchange: "hash" },
      { from: 1, output: "", input: 1, exchange: "hash" },
    ]);
    const operator = body("joined");
    expect(operator?.kind === "operator" && [operator.keySelectors[0]?.({ origin: "BOS" }), operator.keySelectors[1]?.({ from: "JFK" })]).toEqual([
      "BOS",
      "JFK",
    ]);
  });

  test("a union is several edges into one input; rebalance and global say how records travel", () => {
    const { node } = built((flights) => {
      const delays = flights.map((flight) => flight.delay);
      const times = flights.map((flight) => flight.at);
      delays.union(times).rebalance().to(sinkOf<number>(), { uid: "turns" });
      delays.global().to(sinkOf(), { uid: "one" });
    });
    expect(node("turns").inputs).toEqual([
      { from: 1, output: "", input: 0, exchange: "rebalance" },
      { from: 2, output: "", input: 0, exchange: "rebalance" },
    ]);
    expect(node("one").inputs[0]?.exchange).toBe("global");
  });
});

describe("windows", () => {
  test("stand in the plan with assigner, trigger, lateness, states and side outputs", () => {
    const { node } = built((flights) => {
      flights
        .keyBy((flight) => flight.origin)
        .window(sliding(hours(1), minutes(10)))
        .trigger(countTrigger(5))
        .allowedLateness(minutes(3))
        .lateTo(late)
        .aggregate(sum, {
          uid: "w",
          process: { globalState: { seen: state.value(t.boolean()) }, sideOutputs: [outputTag<number>("odd")], process() {} },
        });
    });
    const { details, states, timers, sideOutputs } = node("w");
    expect(details).toEqual({
      assigner: { type: "sliding", time: "event", sizeMs: 3_600_000, slideMs: 600_000, offsetMs: 0 },
      trigger: { type: "count", count: 5 },
      allowedLatenessMs: 180_000,
      lateOutput: "late",
      contents: "aggregate",
      process: true,
    });
    expect(states.map(({ name }) => name)).toEqual(["contents", "trigger.count", "global.seen"]);
    expect(states[0]?.type).toEqual({ kind: "number" });
    expect(timers).toEqual(["event"]);
    expect(sideOutputs).toEqual(["late", "odd"]);
  });

  test("each step makes a new stream, so that one can be the start of several", () => {
    const { node } = built((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(minutes(1)));
      windows.allowedLateness(1000).aggregate(sum, { uid: "patient" });
      windows.aggregate(sum, { uid: "strict" });
    });
    expect([node("patient").details.allowedLatenessMs, node("strict").details.allowedLatenessMs]).toEqual([1000, 0]);
  });

  test("lateness without end stands in the plan as a word that JSON knows", () => {
    const { node } = built((flights) => {
      flights
        .keyBy((flight) => flight.origin)
        .window(tumbling(1))
        .allowedLateness(Number.POSITIVE_INFINITY)
        .aggregate(sum, { uid: "w" });
    });
    expect(node("w").details.allowedLatenessMs).toBe("forever");
  });

  test("of counts are Flink's: a purging trigger, or an evictor where they slide", () => {
    const { node } = built((flights) => {
      const keyed = flights.keyBy((flight) => flight.origin);
      keyed.countWindow(10).aggregate(sum, { uid: "tumbling" });
      keyed.countWindow(10, 2).aggregate(sum, { uid: "sliding", elements: flightCodec });
    });
    expect(node("tumbling").details).toMatchObject({ assigner: { type: "global" }, trigger: { type: "purging", of: { type: "count", count: 10 } } });
    expect(node("tumbling").timers).toEqual([]);
    expect(node("sliding").details).toMatchObject({ trigger: { type: "count", count: 2 }, evictor: { type: "count", count: 10 } });
  });

  test("of all records have one key and one subtask", () => {
    const { node, body } = built((flights) => {
      flights.windowAll(tumbling(minutes(1))).aggregate(sum, { uid: "all" });
    });
    expect(node("all")).toMatchObject({ parallelism: 1, inputs: [{ exchange: "hash" }], details: { key: "none" } });
    const operator = body("all");
    expect(
      operator?.kind === "operator" && new Set([{ origin: "a" }, { origin: "b" }].map((flight) => operator.keySelectors[0]?.(flight))).size,
    ).toBe(1);
  });

  test("that can't work are refused while the job is built", () => {
    const sessions = (flights: DataStream<Flight>) => flights.keyBy((flight) => flight.origin).window(session(1000));
    expect(() => built((flights) => sessions(flights).aggregate(sum, { uid: "w" }))).toThrow(expect.objectContaining({ code: "WINDOW_FUNCTION" }));
    expect(() =>
      built((flights) =>
        flights
          .keyBy((flight) => flight.origin)
          .countWindow(3, 1)
          .aggregate(sum, { uid: "w" }),
      ),
    ).toThrow(expect.objectContaining({ code: "WINDOW_FUNCTION" }));
  });
});

describe("what can't be built", () => {
  test("streams of two builds", () => {
    let first: DataStream<Flight> | undefined;
    const job = defineJob("foreign", (env) => {
      const flights = env.from(sourceOf<Flight>(), { uid: "flights" });
      (first ?? flights).union(flights).to(sinkOf(), { uid: "out" });
      first = flights;
    });
    buildJob(job);
    expect(() => buildJob(job)).toThrow(expect.objectContaining({ code: "PLAN_FOREIGN_STREAM" }));
  });

  test("side outputs of a union or of a side output", () => {
    expect(() => built((flights) => flights.union(flights).sideOutput(late))).toThrow(/asked of a union/);
    expect(() => built((flights) => flights.sideOutput(late).sideOutput(late))).toThrow(/asked of a side output/);
  });

  test("a side output that no function declares", () => {
    expect(() => built((flights) => flights.sideOutput(late).to(sinkOf(), { uid: "late" }))).toThrow(
      expect.objectContaining({
        code: "PLAN_SIDE_OUTPUT",
        message: expect.stringContaining('the side output "late" of "flights", which declares none'),
      }),
    );
  });

  test("a union of streams that travel in different ways", () => {
    expect(() => built((flights) => flights.union(flights.rebalance()))).toThrow(expect.objectContaining({ code: "PLAN_UNION" }));
  });

  test("watermarks in the middle of a stream that could not do what they are told to are refused", () => {
    const strategy = boundedOutOfOrderness<Flight>(seconds(5), (flight) => flight.at);
    const aligned = strategy.withWatermarkAlignment("flights", seconds(5));
    expect(() => built((flights) => flights.assignTimestampsAndWatermarks(aligned, { uid: "times" }))).toThrow(
      expect.objectContaining({ code: "WATERMARK_ALIGNMENT", where: expect.objectContaining({ uid: "times" }) }),
    );
    for (const cadence of [{ everyRecords: Number.NaN }, { everyRecords: -1 }, { intervalMs: Number.NaN }, { intervalMs: 0.5 }, { quietMs: -200 }]) {
      expect(() => built((flights) => flights.assignTimestampsAndWatermarks(strategy, { uid: "times", ...cadence }))).toThrow(
        expect.objectContaining({ code: "WATERMARK_CADENCE" }),
      );
    }
    expect(() => built((flights) => flights.assignTimestampsAndWatermarks(strategy, { uid: "times", everyRecords: 0, quietMs: 0 }))).not.toThrow();
  });
});
