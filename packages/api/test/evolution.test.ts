import { describe, expect, expectTypeOf, test } from "vitest";
import {
  buildJob,
  countEvictor,
  countTrigger,
  type DataStream,
  defineAggregate,
  defineJob,
  minutes,
  type ReducingState,
  session,
  state,
  t,
  tumbling,
  type ValueState,
  type WrittenAs,
} from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { build, type Flight, flightCodec } from "./flights.ts";

function graphOf(rest: (flights: DataStream<Flight>) => void) {
  return buildJob(
    defineJob("evolution", (env) => {
      rest(env.from(sourceOf<Flight>(), { uid: "flights" }));
    }),
  );
}

describe("state that evolves", () => {
  const count = state.value(t.object({ n: t.withDefault(t.integer(), 0), region: t.aliased(t.string(), "area") }), {
    aliases: ["tally"],
    migrate(from, value) {
      expectTypeOf(from).toEqualTypeOf<WrittenAs>();
      expectTypeOf(value).toEqualTypeOf<unknown>();
      return { n: Number(value), region: "eu" };
    },
  });

  test("has the type of its codec, and migrate gives that type", () => {
    build((flights) => {
      flights
        .keyBy((flight) => flight.origin)
        .process(
          {
            state: { count, sum: state.reducing(t.number(), (a, b) => a + b, { ttlMs: minutes(5), aliases: ["total"] }) },
            processElement(_flight, { state }) {
              expectTypeOf(state.count).toEqualTypeOf<ValueState<{ n: number; region: string }>>();
              expectTypeOf(state.sum).toEqualTypeOf<ReducingState<number>>();
            },
          },
          { uid: "counts" },
        );
    });
    // @ts-expect-error migrate gives what the codec takes
    state.value(t.integer(), { migrate: () => "one" });
    // @ts-expect-error a visibility belongs to a time to live
    state.value(t.integer(), { visibility: "neverReturnExpired" });
    state.list(t.integer(), { migrate: (_from, value) => Number(value) });
    state.map(t.string(), t.integer(), { migrate: (_from, value) => Number(value), ttlMs: 1, visibility: "neverReturnExpired" });
  });

  test("stands in the plan with its aliases, and the node with its own", () => {
    const graph = graphOf((flights) => {
      flights
        .keyBy((flight) => flight.origin)
        .process({ state: { count }, processElement() {} }, { uid: "counts", uidAliases: ["tallies"] })
        .to(sinkOf(), { uid: "to" });
    });
    const node = graph.plan.nodes.find(({ uid }) => uid === "counts");
    expect(node?.uidAliases).toEqual(["tallies"]);
    expect(node?.states).toMatchObject([{ name: "count", aliases: ["tally"], migrates: true }]);
    const body = graph.bodies[node?.id ?? -1];
    expect(body?.kind === "operator" && body.states?.count).toBe(count);
  });

  test("keeps its aliases behind the prefixes of a window", () => {
    const mean = defineAggregate({
      accumulator: t.integer(),
      createAccumulator: () => 0,
      add: (_flight: Flight, n) => n + 1,
      getResult: (n) => n,
      migrate: (_from, value) => {
        expectTypeOf(value).toEqualTypeOf<unknown>();
        return Number(value);
      },
    });
    const graph = graphOf((flights) => {
      const windows = flights.keyBy((flight) => flight.origin).window(tumbling(minutes(5)));
      windows
        .trigger(countTrigger(3))
        .aggregate(mean, {
          uid: "w",
          process: { windowState: { seen: state.value(t.integer(), { aliases: ["saw"] }) }, process: () => undefined, emits: t.integer() },
        })
        .to(sinkOf(), { uid: "to" });
      windows
        .evictor(countEvictor(2))
        .aggregate(mean, { uid: "e", elements: flightCodec, migrateElements: () => ({}) as Flight })
        .to(sinkOf(), { uid: "out-e" });
      flights
        .keyBy((flight) => flight.origin)
        .window(session(minutes(5)))
        .reduce((a) => a, { uid: "s", codec: flightCodec, migrate: () => ({}) as Flight })
        .to(sinkOf(), { uid: "out-s" });
    });
    const statesOf = (uid: string) =>
      graph.plan.nodes.find((node) => node.uid === uid)?.states.map(({ name, aliases, migrates }) => [name, aliases, migrates]);
    expect(statesOf("w")).toEqual([
      ["contents", undefined, true],
      ["trigger.count", undefined, undefined],
      ["window.seen", ["window.saw"], undefined],
    ]);
    expect(statesOf("e")?.[0]).toEqual(["contents", undefined, true]);
    expect(statesOf("s")?.[0]).toEqual(["open-sessions", undefined, true]);
  });
});
