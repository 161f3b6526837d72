import { describe, expect, test } from "vitest";
import {
  buildJob,
  type DataStream,
  defineJob,
  type KeyedStream,
  Pattern,
  type PatternStream,
  session,
  sliding,
  state,
  t,
  tumbling,
  type WindowAssigner,
} from "../src/index.ts";
import { sinkOf, sourceOf } from "./connectors.ts";
import { type Flight, flightCodec } from "./flights.ts";

type Build = (flights: DataStream<Flight>, keyed: KeyedStream<Flight, string>) => unknown;

function building(build: Build, source = sourceOf<Flight>(), options: object = {}): () => void {
  const job = defineJob("misspelt", (env) => {
    const flights = env.from(source, { uid: "flights" });
    build(
      flights,
      flights.keyBy((flight) => flight.origin),
    );
    flights.to(sinkOf(), { uid: "raw" });
  });
  return () => buildJob(job, options);
}

const uid = "windows";
/** As plain JavaScript may have it. */
const misspelt = <V>(word: string): V => word as unknown as V;
const windows = (keyed: KeyedStream<Flight, string>, assigner: WindowAssigner<unknown>) =>
  keyed.window(assigner).reduce((flight) => flight, { uid, codec: flightCodec });
const matching = (stream: PatternStream<Flight, string, object>) => stream.select(() => 1, { uid, codec: flightCodec });

const refused: readonly (readonly [string, string, Build])[] = [
  ["procesing", '"event" or "processing"', (_, keyed) => windows(keyed, tumbling(10, { time: misspelt("procesing") }))],
  ["Event", '"event" or "processing"', (_, keyed) => windows(keyed, sliding(10, 5, { time: misspelt("Event") }))],
  ["", '"event" or "processing"', (_, keyed) => windows(keyed, session(10, { time: misspelt("") }))],
  ["eventTime", '"event" or "processing"', (_, keyed) => windows(keyed, { ...tumbling(10), time: misspelt("eventTime") })],
  [
    "tumbling",
    '"aligned", "interval" or "global"',
    (_, keyed) => windows(keyed, { ...tumbling(10), shape: { kind: misspelt<"global">("tumbling") } }),
  ],
  ["onRead", '"onCreateAndWrite" or "onReadAndWrite"', () => state.value(t.number(), { ttlMs: 1, update: misspelt("onRead") })],
  [
    "returnExpired",
    '"neverReturnExpired" or "returnExpiredIfNotCleanedUp"',
    () => state.map(t.string(), t.number(), { ttlMs: 1, visibility: misspelt("returnExpired") }),
  ],
  [
    "previous",
    '"firstAndLast" or "previousAndCurrent"',
    (_, keyed) => matching(keyed.pattern((start) => start.begin("a").next("b").within(1, misspelt("previous")))),
  ],
  [
    "skipPastLast",
    '"noSkip", "skipToNext", "skipPastLastEvent", "skipToFirst" or "skipToLast"',
    () => Pattern.of<Flight>().begin("a", { kind: misspelt<"noSkip">("skipPastLast") }),
  ],
  ["exactly once", '"exactly-once", "at-least-once" or "none"', (all) => all.to({ ...sinkOf(), guarantee: misspelt("exactly once") }, { uid })],
  ["proc", '"event" or "processing"', (all) => all.transform(() => ({ processElement() {} }), { uid, timers: [misspelt("proc")] })],
];

describe("a word that is none of those an option takes", () => {
  test.each(refused)("is refused with those that are: %j", (word, allowed, build) => {
    expect(building(build)).toThrow(expect.objectContaining({ code: "PLAN_OPTION", message: expect.stringContaining(`${allowed}, not "${word}"`) }));
  });

  test("also as the mode of a job", () => {
    const mode = { code: "PLAN_OPTION", message: 'the mode of a job must be "streaming" or "batch", not "bath"' };
    expect(building(() => undefined, sourceOf<Flight>(), { mode: "bath" })).toThrow(expect.objectContaining(mode));
  });

  test("also of a source", () => {
    const endless = { ...sourceOf<Flight>(), boundedness: misspelt<"bounded">("endless") };
    const source = { code: "PLAN_OPTION", message: 'the boundedness of a source must be "bounded" or "unbounded", not "endless"' };
    expect(building(() => undefined, endless)).toThrow(expect.objectContaining(source));
  });

  test("is no word at all, as null and numbers are", () => {
    expect(() => tumbling(10, { time: misspelt(null as never) })).not.toThrow();
    const number = { message: 'the time of a tumbling window must be "event" or "processing", not 1' };
    expect(() => tumbling(10, { time: misspelt(1 as never) })).toThrow(expect.objectContaining(number));
  });
});
