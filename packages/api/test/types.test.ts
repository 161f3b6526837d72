import { describe, expect, expectTypeOf, test } from "vitest";
import {
  boundedOutOfOrderness,
  buildJob,
  type Collector,
  type DataStream,
  defineJob,
  defineKeyedProcess,
  type KeyedProcessFunction,
  type KeyedStream,
  type ListState,
  type MapState,
  minutes,
  params,
  state,
  t,
  type ValueState,
} from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { build, type Flight, flightCodec, late } from "./flights.ts";

// What the compiler says is the test: nowhere is a type argument written for a stream.

interface Alert {
  readonly text: string;
}
describe("the element type flows", () => {
  test("from a source into its watermark strategy", () => {
    build((_flights, env) => {
      const stream = env.from(sourceOf<Flight>(), {
        uid: "timed",
        watermarks: boundedOutOfOrderness(minutes(30), (flight) => {
          expectTypeOf(flight.at).toEqualTypeOf<number>();
          return flight.at;
        }),
      });
      expectTypeOf(stream).toEqualTypeOf<DataStream<Flight>>();
    });
    build((flights) => {
      const stream = flights.assignTimestampsAndWatermarks(
        boundedOutOfOrderness(0, (flight) => flight.at),
        { uid: "timed" },
      );
      expectTypeOf(stream).toEqualTypeOf<DataStream<Flight>>();
    });
  });

  test("through map, flatMap and union", () => {
    build((flights) => {
      const origins = flights.map((flight) => flight.origin);
      const letters = origins.flatMap((origin) => origin.split(""));
      const numbers = flights.flatMap(function* (flight) {
        yield flight.delay;
      });
      expectTypeOf(letters).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(numbers).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(flights.union(origins, numbers)).toEqualTypeOf<DataStream<Flight | string | number>>();
    });
  });

  test("through filter, narrowed by type guards, also by those that the compiler infers", () => {
    build((flights) => {
      const gates = flights.map((flight) => flight.gate);
      expectTypeOf(gates.filter((gate): gate is string => gate !== undefined)).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(gates.filter((gate) => gate !== undefined)).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(flights.filter((flight) => flight.delay > 15)).toEqualTypeOf<DataStream<Flight>>();
    });
  });

  test("into keys, tuples with their members", () => {
    build((flights) => {
      expectTypeOf(flights.keyBy((flight) => flight.origin)).toEqualTypeOf<KeyedStream<Flight, string>>();
      expectTypeOf(flights.keyBy((flight) => [flight.origin, flight.delay])).toEqualTypeOf<KeyedStream<Flight, readonly [string, number]>>();
      // @ts-expect-error an object is no key
      flights.keyBy((flight) => ({ origin: flight.origin }));
    });
  });
});

describe("process functions", () => {
  test("see typed records, keys, states and side outputs, and their output type comes from the collector", () => {
    build((flights) => {
      const alerts = flights
        .keyBy((flight) => flight.origin)
        .process(
          {
            state: {
              count: state.value(t.number()),
              recent: state.list(t.string()),
              byGate: state.map(t.string(), t.integer()),
              worst: state.reducing(t.number(), Math.max),
            },
            sideOutputs: [late],
            processElement(flight, context, out: Collector<Alert>) {
              expectTypeOf(flight).toEqualTypeOf<Flight>();
              expectTypeOf(context.currentKey()).toEqualTypeOf<string>();
              expectTypeOf(context.state.count).toEqualTypeOf<ValueState<number>>();
              expectTypeOf(context.state.recent).toEqualTypeOf<ListState<string>>();
              expectTypeOf(context.state.byGate).toEqualTypeOf<MapState<string, number>>();
              expectTypeOf(context.state.worst.get()).toEqualTypeOf<number | undefined>();
              context.output(late, flight);
              // @ts-expect-error not a flight
              context.output(late, { origin: "BOS" });
              // @ts-expect-error not an alert
              out.collect({ words: "" });
              // @ts-expect-error not declared
              context.state.other;
            },
            onTimer(timestamp, context, out) {
              expectTypeOf(timestamp).toEqualTypeOf<number>();
              expectTypeOf(context.state.count).toEqualTypeOf<ValueState<number>>();
              expectTypeOf(out).toEqualTypeOf<Collector<Alert>>();
            },
          },
          { uid: "alerts" },
        );
      expectTypeOf(alerts).toEqualTypeOf<DataStream<Alert>>();
      expectTypeOf(alerts.sideOutput(late)).toEqualTypeOf<DataStream<Flight>>();
    });
  });

  test("take their output type from `emits` when the collector has none", () => {
    build((flights) => {
      const alerts = flights.process({
        emits: t.object({ text: t.string() }),
        processElement(flight, _context, out) {
          out.collect({ text: flight.origin });
        },
      });
      expectTypeOf(alerts).toEqualTypeOf<DataStream<{ text: string }>>();
    });
  });

  test("of two inputs see both, under one key", () => {
    build((flights) => {
      const gates = flights.map((flight) => ({ gate: flight.gate ?? "", origin: flight.origin }));
      const joined = flights
        .keyBy((flight) => flight.origin)
        .connect(gates.keyBy((gate) => gate.origin))
        .process(
          {
            state: { last: state.value(flightCodec) },
            processElement1(flight, context, out: Collector<Alert>) {
              expectTypeOf(flight).toEqualTypeOf<Flight>();
              expectTypeOf(context.currentKey()).toEqualTypeOf<string>();
              out.collect({ text: flight.origin });
            },
            processElement2(gate) {
              expectTypeOf(gate).toEqualTypeOf<{ gate: string; origin: string }>();
            },
          },
          { uid: "joined" },
        );
      expectTypeOf(joined).toEqualTypeOf<DataStream<Alert>>();
      const pair = flights.connect(gates).keyBy(
        (flight) => flight.origin,
        (gate) => gate.origin,
      );
      expectTypeOf(
        pair.process({ processElement1() {}, processElement2(_gate, _context, _out: Collector<number>) {} }, { uid: "pair" }),
      ).toEqualTypeOf<DataStream<number>>();
      flights.connect(gates).keyBy(
        (flight) => flight.origin,
        // @ts-expect-error keys of two kinds never meet
        (gate) => gate.gate.length,
      );
    });
  });

  test("may stand apart from their stream, as values and as classes", () => {
    const apart = defineKeyedProcess({
      state: { count: state.value(t.number()) },
      processElement(flight: Flight, context, out: Collector<Alert>) {
        out.collect({ text: `${flight.origin} ${context.state.count.value()}` });
      },
    });
    class Counting implements KeyedProcessFunction<string, Flight, number, { readonly count: ReturnType<typeof state.value<number>> }> {
      readonly state = { count: state.value(t.number()) };
      processElement(_flight: Flight, _context: unknown, out: Collector<number>) {
        out.collect(1);
      }
    }
    build((flights) => {
      const keyed = flights.keyBy((flight) => flight.origin);
      expectTypeOf(keyed.process(apart, { uid: "apart" })).toEqualTypeOf<DataStream<Alert>>();
      expectTypeOf(keyed.process(new Counting(), { uid: "class" })).toEqualTypeOf<DataStream<number>>();
    });
  });

  test("need a uid where they have state", () => {
    const flights = {} as KeyedStream<Flight, string>;
    // @ts-expect-error no uid
    expect(() => flights.process({ processElement() {} }, {})).toThrow();
  });
});

test("a sink takes what the stream carries", () => {
  build((flights) => {
    flights.to(sinkOf<{ readonly origin: string }>(), { uid: "wider" });
    // @ts-expect-error flights are no numbers
    flights.to(sinkOf<number>(), { uid: "wrong" });
  });
});

test("streams meet by the kind of their keys, whatever is known of the values", () => {
  const side = (flight: Flight): "north" | "south" => (flight.delay > 0 ? "north" : "south");
  build((flights) => {
    const narrow = flights.keyBy(side);
    const wide = flights.keyBy((flight) => flight.origin);
    const options = { left: flightCodec, right: flightCodec };
    narrow.connect(wide).process(
      {
        processElement1(_flight, context, out: Collector<string>) {
          expectTypeOf(context.currentKey()).toEqualTypeOf<string>();
          out.collect(context.currentKey());
        },
        processElement2() {},
      },
      { uid: "narrow-wide" },
    );
    wide.connect(narrow).process({ processElement1() {}, processElement2() {} }, { uid: "wide-narrow" });
    narrow
      .intervalJoin(wide)
      .between(0, 1)
      .select((left) => left.delay, { uid: "interval", ...options });
    narrow
      .temporalJoin(wide)
      .validFor(10)
      .select((left) => left.delay, { uid: "temporal", left: flightCodec, version: flightCodec });
    flights.connect(flights).keyBy(side, (flight) => flight.origin);
    const pairs = flights.keyBy((flight) => [side(flight), flight.delay]);
    pairs.connect(flights.keyBy((flight) => [flight.origin, flight.at])).process({ processElement1() {}, processElement2() {} }, { uid: "tuples" });
    // @ts-expect-error: strings and numbers never meet.
    narrow.connect(flights.keyBy((flight) => flight.delay));
  });
});

test("parameters have the types of their declarations", () => {
  const job = defineJob(
    "parameters",
    (env, { window, path, verbose, limit }) => {
      expectTypeOf(window).toEqualTypeOf<number>();
      expectTypeOf(path).toEqualTypeOf<string>();
      expectTypeOf(verbose).toEqualTypeOf<boolean>();
      expectTypeOf(limit).toEqualTypeOf<number>();
      env.from(sourceOf<Flight>(), { uid: "in" }).to(sinkOf(), { uid: "out" });
    },
    {
      parameters: {
        window: params.duration({ default: minutes(5) }),
        path: params.string({ default: "in" }),
        verbose: params.boolean({ default: false }),
        limit: params.number({ default: 3 }),
      },
    },
  );
  expect(buildJob(job).plan.parameters).toEqual({ window: 300_000, path: "in", verbose: false, limit: 3 });
});
