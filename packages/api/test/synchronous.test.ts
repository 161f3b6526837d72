import { describe, expect, test } from "vitest";
import { asyncRetry, buildJob, type DataStream, defineJob, type KeyedStream, Pattern, type PatternStream, state, t, tumbling } from "../src/index.ts";
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
/** As plain JavaScript may have it, or a promise in the place of a truth. */
const later = (async () => undefined) as unknown as () => never;
const retry = asyncRetry.fixedDelay<number>({ attempts: 2, delayMs: 1 });
const matching = (stream: PatternStream<Flight, string, object>): unknown => stream.select(() => 1, { uid, codec: flightCodec });
const pair = { uid, left: flightCodec, right: flightCodec };

/** Each compiles: whoever returns nothing may return a promise. */
const refused: readonly (readonly [string, Build])[] = [
  ["map", (flights) => flights.map(async (flight) => flight, { uid })],
  ["process", (flights) => flights.process({ async processElement() {} }, { uid })],
  ["a keyed process", (_, keyed) => keyed.process({ state: { seen: state.value(t.number()) }, async processElement() {} }, { uid })],
  ["reducing state", (_, keyed) => keyed.process({ state: { sum: state.reducing(t.number(), later) }, processElement() {} }, { uid })],
  ["a migration", (_, keyed) => keyed.process({ state: { last: state.value(t.number(), { migrate: later }) }, processElement() {} }, { uid })],
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
  ["a condition of a pattern", (_, keyed) => matching(keyed.pattern((start) => start.begin("a").where(later).within(1)))],
  ["one in a group", (_, keyed) => matching(keyed.pattern((start) => start.begin(Pattern.of<Flight>().begin("a").or(later)).oneOrMore().within(1)))],
  ["the end of a loop", (_, keyed) => matching(keyed.pattern((start) => start.begin("a").oneOrMore().until(later).within(1)))],
  ["an order", (_, keyed) => matching(keyed.pattern((start) => start.begin("a").within(1)).orderBy(later))],
  [
    "a deletion of a version",
    (_, keyed) =>
      keyed
        .temporalJoin(keyed)
        .deletedWhen(later)
        .unbounded()
        .select(() => 1, { uid, left: flightCodec, version: flightCodec }),
  ],
  [
    "the trigger of a window join",
    (flights) =>
      flights
        .join(flights)
        .where((flight) => flight.origin)
        .equalTo((flight) => flight.origin)
        .window(tumbling(10))
        .trigger({ description: "own", canMerge: false, onElement: later, onEventTime: later, onProcessingTime: later, clear: later })
        .apply(() => 1, pair),
  ],
  ["what is asked again", (flights) => flights.orderedWait(() => 1, { uid, timeoutMs: 1, retry: { ...retry, ifResult: later } })],
  ["a timeout", (flights) => flights.orderedWait({ asyncInvoke: () => 1, async timeout() {} }, { uid, timeoutMs: 1 })],
  ["the key of a look-up", (flights) => flights.lookupJoin(later, () => 1).select(() => 1, { uid, timeoutMs: 1 })],
  [
    "what a look-up found",
    (flights) =>
      flights
        .lookupJoin(
          () => 1,
          () => 1,
        )
        .select(async () => 1, { uid, timeoutMs: 1 }),
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
