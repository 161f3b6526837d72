import { describe, expect, test } from "vitest";
import { buildJob, type DataStream, defineJob, type KeyedStream, state, t, tumbling } from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { type Flight, flightCodec } from "./flights.ts";

type Build = (flights: DataStream<Flight>, keyed: KeyedStream<Flight, string>) => void;

function building(build: Build): () => void {
  const job = defineJob("asynchronous", (env) => {
    const flights = env.from(sourceOf<Flight>(), { uid: "flights" });
    build(
      flights,
      flights.keyBy((flight) => flight.origin),
    );
    flights.to(sinkOf(), { uid: "raw" });
  });
  return () => buildJob(job);
}

const uid = "late";
const pair = { uid, left: flightCodec, right: flightCodec };

/** Each compiles: whoever returns nothing may return a promise. */
const refused: readonly (readonly [string, Build])[] = [
  ["map", (flights) => flights.map(async (flight) => flight, { uid })],
  ["process", (flights) => flights.process({ async processElement() {} }, { uid })],
  ["a keyed process", (_, keyed) => keyed.process({ state: { seen: state.value(t.number()) }, async processElement() {} }, { uid })],
  ["a timer", (_, keyed) => keyed.process({ processElement() {}, async onTimer() {} }, { uid })],
  ["two inputs", (_, keyed) => keyed.connect(keyed).process({ async processElement1() {}, processElement2() {} }, { uid })],
  ["a window", (_, keyed) => keyed.window(tumbling(10)).process({ async process() {} }, { uid, codec: flightCodec })],
  [
    "an interval join",
    (_, keyed) =>
      keyed
        .intervalJoin(keyed)
        .between(0, 1)
        .process(async () => undefined, pair),
  ],
  [
    "its select",
    (_, keyed) =>
      keyed
        .intervalJoin(keyed)
        .between(0, 1)
        .select(async () => 1, pair),
  ],
];

describe("an asynchronous function where a record is worked on", () => {
  for (const [what, build] of refused) {
    test(`is refused: ${what}`, () => {
      expect(building(build)).toThrow(expect.objectContaining({ code: "PLAN_ASYNC_FUNCTION", where: expect.objectContaining({ uid }) }));
    });
  }

  test("may open and close, and be a helper", () => {
    class Counting {
      async open() {}
      async close() {}
      async ask() {}
      processElement() {}
    }
    expect(building((flights) => flights.process(new Counting(), { uid }))).not.toThrow();
  });
});
