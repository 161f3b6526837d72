import { describe, expectTypeOf, test } from "vitest";
import {
  type Collector,
  countEvictor,
  type DataStream,
  defineAggregate,
  deltaEvictor,
  minutes,
  outputTag,
  session,
  state,
  t,
  tumbling,
  type ValueState,
} from "../src/index.ts";
import { sinkOf } from "./connectors.ts";
import { build, type Flight, flightCodec, late } from "./flights.ts";

// What the compiler says is the test: nowhere is a type argument written for a stream.

describe("windows", () => {
  const mean = {
    accumulator: t.object({ sum: t.number(), count: t.integer() }),
    createAccumulator: () => ({ sum: 0, count: 0 }),
    getResult: (sums: { sum: number; count: number }) => sums.sum / sums.count,
  };

  test("aggregate: the accumulator's type is its codec's, the result's type flows on", () => {
    build((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(minutes(5)));
      const means = windows.aggregate(
        {
          accumulator: t.object({ sum: t.number(), count: t.integer() }),
          createAccumulator: () => ({ sum: 0, count: 0 }),
          add: (flight, sums) => {
            expectTypeOf(flight).toEqualTypeOf<Flight>();
            expectTypeOf(sums).toEqualTypeOf<{ sum: number; count: number }>();
            return { sum: sums.sum + flight.delay, count: sums.count + 1 };
          },
          getResult: (sums) => ({ mean: sums.sum / sums.count }),
        },
        { uid: "means" },
      );
      expectTypeOf(means).toEqualTypeOf<DataStream<{ mean: number }>>();
      windows.aggregate(
        {
          ...mean,
          // @ts-expect-error not the accumulator's type
          createAccumulator: () => ({ sum: "" }),
          add: (_flight, sums) => sums,
        },
        { uid: "wrong" },
      );
    });
  });

  test("a process function after an aggregate gets its results, with typed key and states", () => {
    const apart = defineAggregate({ ...mean, add: (flight: Flight, sums) => ({ sum: sums.sum + flight.delay, count: sums.count + 1 }) });
    build((flights) => {
      const lines = flights
        .keyBy((flight) => [flight.origin, flight.delay])
        .window(session(minutes(5)))
        .allowedLateness(minutes(1))
        .lateTo(late)
        .aggregate(
          { ...apart, merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }) },
          {
            uid: "lines",
            process: {
              windowState: { fired: state.value(t.number()) },
              globalState: { seen: state.value(t.string()) },
              process(means, { key, window, windowState, globalState }, out: Collector<{ origin: string; mean: number; end: number }>) {
                expectTypeOf(key).toEqualTypeOf<readonly [string, number]>();
                expectTypeOf(windowState.fired).toEqualTypeOf<ValueState<number>>();
                expectTypeOf(globalState.seen).toEqualTypeOf<ValueState<string>>();
                for (const one of means) out.collect({ origin: key[0], mean: one, end: window.end });
              },
            },
          },
        );
      expectTypeOf(lines).toEqualTypeOf<DataStream<{ origin: string; mean: number; end: number }>>();
      expectTypeOf(lines.sideOutput(late)).toEqualTypeOf<DataStream<Flight>>();
    });
  });

  test("reduce keeps the type, or takes that of its process function", () => {
    build((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(minutes(5)));
      const later = windows.reduce((a, b) => (a.delay > b.delay ? a : b), { uid: "worst", codec: flightCodec });
      expectTypeOf(later).toEqualTypeOf<DataStream<Flight>>();
      const delays = windows.reduce((a, b) => (a.delay > b.delay ? a : b), {
        uid: "delays",
        codec: flightCodec,
        process: {
          process([worst], _context, out: Collector<number>) {
            if (worst !== undefined) out.collect(worst.delay);
          },
        },
      });
      expectTypeOf(delays).toEqualTypeOf<DataStream<number>>();
    });
  });

  test("whoever takes the results of a reduce or an aggregate does not say what they are", () => {
    build((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(minutes(5)));
      const take = (lines: DataStream<string>): DataStream<number> => lines.map((line) => line.length);
      // @ts-expect-error flights are no strings
      take(windows.reduce((a) => a, { uid: "first", codec: flightCodec }));
      // @ts-expect-error nor are means
      take(windows.aggregate({ ...mean, add: (_flight, sums) => sums }, { uid: "mean" }));
    });
  });

  test("triggers, evictors and gaps know the records", () => {
    const lastThree = countEvictor(3);
    build((flights) => {
      const counts = flights
        .keyBy((flight) => flight.origin)
        .window(session((flight) => flight.delay * 1000))
        .evictor(deltaEvictor(10, (element, last) => last.delay - element.delay))
        .evictor(lastThree)
        .evictor(countEvictor(3))
        .process(
          {
            process(elements, _context, out: Collector<number>) {
              expectTypeOf(elements).toEqualTypeOf<Iterable<Flight>>();
              out.collect([...elements].length);
            },
          },
          { uid: "counts", codec: flightCodec },
        );
      expectTypeOf(counts).toEqualTypeOf<DataStream<number>>();
    });
  });

  test("a tag for late records must take the stream's records", () => {
    build((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(1));
      windows.lateTo(outputTag<{ readonly origin: string }>("wider"));
      // @ts-expect-error a flight is no string
      windows.lateTo(outputTag<string>("wrong"));
      flights.map((flight) => flight.at).to(sinkOf<number>(), { uid: "numbers" });
    });
  });
});
