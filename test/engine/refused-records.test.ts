import {
  collection,
  countTrigger,
  defineJob,
  defineTrigger,
  discard,
  monotonousTimestamps,
  purging,
  type StreamExecutionEnvironment,
  session,
  startJob,
  t,
} from "millrace";
import { describe, expect, it } from "vitest";

interface Row {
  readonly k: string;
  readonly at: number;
}

const rows: readonly Row[] = [
  { k: "a", at: 1 },
  { k: "a", at: 3 },
];
const row = t.object({ k: t.string(), at: t.number() });
const watermarks = monotonousTimestamps<Row>((one) => one.at);

/** What a job that is not to start again fails with. */
async function failureOf(build: (env: StreamExecutionEnvironment) => void): Promise<unknown> {
  try {
    await (await startJob(defineJob("refusing", build), { ephemeral: true, restart: { kind: "none" } })).finished;
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("what an operator can't work with is refused by name", () => {
  it("a function that returns a promise, where nobody saw that it would", async () => {
    const later = (): void => Promise.reject(new Error("nobody waits for this")) as unknown as undefined;
    const keyed = (env: StreamExecutionEnvironment) => env.from(collection(rows), { uid: "rows", watermarks }).keyBy((one) => one.k);
    const failures = [
      await failureOf((env) => keyed(env).process({ processElement: later }, { uid: "late" }).to(discard(), { uid: "out" })),
      await failureOf((env) =>
        env.from(collection(rows), { uid: "rows" }).process({ processElement: later }, { uid: "late" }).to(discard(), { uid: "out" }),
      ),
      await failureOf((env) => keyed(env).window(session(5)).process({ process: later }, { uid: "late", codec: row }).to(discard(), { uid: "out" })),
    ];
    for (const failure of failures) expect(failure).toMatchObject({ code: "FUNCTION_ASYNC", hint: expect.stringContaining("orderedWait") });
  });

  it("a trigger over sessions that says it can merge and does not say how", async () => {
    const forgetful = defineTrigger<Row, Record<never, never>>({
      description: { type: "forgetful" },
      canMerge: true,
      onElement: () => "continue",
      onEventTime: () => "fire",
      onProcessingTime: () => "continue",
      clear() {},
    });
    for (const trigger of [forgetful, purging(forgetful)]) {
      const failure = await failureOf((env) => {
        const keyed = env.from(collection(rows), { uid: "rows", watermarks }).keyBy((one) => one.k);
        const newest = keyed
          .window(session(5))
          .trigger(trigger)
          .reduce((_, newer) => newer, { uid: "sessions", codec: row });
        newest.to(discard(), { uid: "out" });
      });
      expect(failure).toMatchObject({ code: "WINDOW_TRIGGER" });
    }
    const merging = await failureOf((env) => {
      const keyed = env.from(collection(rows), { uid: "rows", watermarks }).keyBy((one) => one.k);
      const newest = keyed
        .window(session(5))
        .trigger(purging(countTrigger(2)))
        .reduce((_, newer) => newer, { uid: "sessions", codec: row });
      newest.to(discard(), { uid: "out" });
    });
    expect(merging).toBeUndefined();
  });

  it("records without a time, or from the end of time, in joins and patterns", async () => {
    const counted = (env: StreamExecutionEnvironment) =>
      env
        .from(collection(rows), { uid: "rows", watermarks })
        .keyBy((one) => one.k)
        .countWindow(1)
        .reduce((_, newer) => newer, { uid: "counted", codec: row })
        .keyBy((one) => one.k);
    const joined = await failureOf((env) => {
      const others = env.from(collection(rows), { uid: "others", watermarks }).keyBy((one) => one.k);
      const pairs = counted(env)
        .intervalJoin(others)
        .between(-5, 5)
        .select((left) => left.k, { uid: "join", left: row, right: row });
      pairs.to(discard(), { uid: "out" });
    });
    expect(joined).toMatchObject({ code: "JOIN_TIMESTAMP", message: expect.stringContaining("the end of time") });
    const timeless = (env: StreamExecutionEnvironment) => env.from(collection(rows), { uid: "rows" }).keyBy((one) => one.k);
    for (const keyed of [timeless, counted]) {
      const failure = await failureOf((env) => {
        const matches = keyed(env).pattern((start) => start.begin("x").next("y"));
        matches.select(({ x: [first] }) => first.at, { uid: "pattern", codec: row }).to(discard(), { uid: "out" });
      });
      expect(failure).toMatchObject({ code: "CEP_TIMESTAMP" });
    }
  });
});
