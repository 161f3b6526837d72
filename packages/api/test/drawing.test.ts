import { drawMermaid, drawText, planHash } from "@millrace/plan";
import { expect, test } from "vitest";
import { boundedOutOfOrderness, buildJob, type Collector, defineJob, hours, minutes, state, t, tumbling } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { type Flight, late } from "./flights.ts";

const sum = {
  accumulator: t.number(),
  createAccumulator: () => 0,
  add: (flight: Flight, total: number) => total + flight.delay,
  getResult: (total: number) => total,
};

const delays = defineJob("airport-delays", (env) => {
  const flights = env.from(sourceOf<Flight>({ path: "flights.csv" }), {
    uid: "flights",
    watermarks: boundedOutOfOrderness(minutes(30), (flight) => flight.at),
  });
  const airports = env.from(sourceOf<{ readonly code: string; readonly city: string }>({ path: "airports.csv" }), { uid: "airports" });
  const means = flights
    .filter((flight) => flight.delay > 0)
    .keyBy((flight) => flight.origin)
    .window(tumbling(hours(1)))
    .lateTo(late)
    .aggregate(sum, {
      uid: "mean-delay",
      process: {
        process(totals, { key }, out: Collector<{ origin: string; total: number }>) {
          for (const total of totals) out.collect({ origin: key, total });
        },
      },
    });
  means
    .keyBy((mean) => mean.origin)
    .connect(airports.keyBy((airport) => airport.code))
    .process(
      {
        state: { city: state.value(t.string(), { ttlMs: hours(24) }) },
        processElement1(mean, context, out: Collector<string>) {
          out.collect(`${context.state.city.value()} ${mean.total}`);
        },
        processElement2(airport, context) {
          context.state.city.update(airport.city);
        },
      },
      { uid: "with-city", parallelism: 2 },
    )
    .to(sinkOf(), { uid: "out" });
  means.sideOutput(late).to(sinkOf("at-least-once"), { uid: "late-out" });
});

test("a middling job drawn for the terminal", () => {
  const { plan } = buildJob(delays);
  expect(drawText(plan)).toBe(`airport-delays · 7 nodes · plan ${planHash(plan)}

○    flights         source · test · bounded
│      options      path flights.csv
│      watermarks   boundedOutOfOrderness(30 min)
│
◇    flights/filter  filter
│    ↓ hash
◆    mean-delay      window · tumbling(event time, size 1 h)
│      state        accumulators: value of number
│      timers       event time
│      side outputs late
├─╮
│ │  ↓ side output late
│ ●  late-out        sink · test · at-least-once
│      options      path out
│
│ ○  airports        source · test · bounded
│ │    options      path airports.csv
│ │
├─╯
◆    with-city       keyed process of two inputs · ×2
│      from         mean-delay · hash · first input
│      from         airports · hash · second input
│      state        city: value of string, ttl 1 d
│
●    out             sink · test · exactly-once
       options      path out
`);
});

test("a middling job drawn for Mermaid", () => {
  expect(drawMermaid(buildJob(delays).plan)).toBe(`flowchart TD
  n0(["flights<br/>source"])
  n1(["airports<br/>source"])
  n2["flights/filter<br/>filter"]
  n3[["mean-delay<br/>window"]]
  n4[["with-city<br/>keyed process of two inputs ×2"]]
  n5[("out<br/>sink")]
  n6[("late-out<br/>sink")]
  n0 --> n2
  n2 -->|"hash"| n3
  n3 -->|"hash"| n4
  n1 -->|"hash"| n4
  n4 --> n5
  n3 -.->|"late"| n6
`);
});
