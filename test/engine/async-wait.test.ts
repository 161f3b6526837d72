import { join } from "node:path";
import {
  asyncRetry,
  boundedOutOfOrderness,
  type Collector,
  collect,
  collection,
  customWatermarks,
  datagen,
  defineJob,
  type JobDefinition,
  type Sink,
  type StartOptions,
  session,
  startJob,
  state,
  t,
  tumbling,
  type WatermarkGenerator,
} from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { readings } from "./jobs.ts";
import { countOf, countsOf100ms, expectSame, heldUntil, inDirectory, pause, published, slowed, startNoted, until, upTo } from "./support.ts";

/** Answers after a moment that depends on the number, and is busy now and then. */
async function answer(n: number, { attempt }: { attempt: number }): Promise<number> {
  if (n % 3 > 0) await pause(n % 4);
  if (n % 50 === 7 && attempt === 1) throw new Error("busy");
  return n * 10;
}

const retry = asyncRetry.fixedDelay<number>({ attempts: 3, delayMs: 1 });

function numbersJob(count: number, sink: Sink<number>, ordered: boolean, call = answer): JobDefinition {
  return defineJob("answers", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, count }), { uid: "numbers" });
    const options = { uid: "ask", timeoutMs: 10_000, capacity: 16, retry, codec: t.integer() };
    (ordered ? numbers.orderedWait(call, options) : numbers.unorderedWait(call, options)).to(sink, { uid: "out" });
  });
}

const answers = (count: number): number[] => upTo(count).map((n) => n * 10);

describe("asynchronous calls in a job", () => {
  it.each([true, false])("are made for every record and come out once (ordered: %s)", async (ordered) => {
    const sink = collect<number>();
    await (await startJob(numbersJob(500, sink, ordered), { ephemeral: true })).finished;
    if (ordered) expect(sink.values).toEqual(answers(500));
    else expectSame([...sink.values], answers(500));
  });

  const variations: readonly StartOptions[] = [
    { parallelism: 1, batchSize: 1, backend: "heap" },
    { parallelism: 3, batchSize: 64, alignmentTimeoutMs: 0, backend: "heap" },
    { parallelism: 2, dev: true, interpret: true, backend: "disk" },
  ];
  it.each(variations)("are made again after failures, and every answer is published once: %o", (options) =>
    inDirectory(async (directory) => {
      const failures = new Set([40, 333, 700]);
      const fails = async (n: number, context: { readonly attempt: number }): Promise<number> => {
        if (!failures.has(n)) return answer(n, context);
        // The last attempt fails the job; after the restart all is well.
        if (context.attempt === 3) failures.delete(n);
        throw new Error(`once ${n}`);
      };
      const out = join(directory, "out");
      const job = numbersJob(1_000, slowed(fileSink<number>(out)), false, fails);
      const result = await (await startNoted(job, join(directory, "state"), { ...options, checkpointIntervalMs: 3 })).job.finished;
      expect(result.restarts).toBeGreaterThan(0);
      expectSame(await published<number>(out), answers(1_000));
    }),
  );

  it("under way are dealt out anew when a run goes on at other parallelisms", () =>
    inDirectory(async (directory) => {
      const out = join(directory, "out");
      const parallelisms = [1, 3, 2, 4, 1];
      let stops = 0;
      for (const parallelism of parallelisms) {
        const job = numbersJob(4_000, slowed(fileSink<number>(out), 2), parallelism % 2 === 0);
        const { job: running, events } = await startNoted(job, join(directory, "state"), { parallelism, batchSize: 8, checkpointIntervalMs: 3 });
        const done = running.finished.then(() => true);
        await until(async () => countOf(events, "checkpointCompleted") > 1 || (await Promise.race([done, Promise.resolve(false)])));
        // A machine that is slow to look may find it at its end.
        if ((await running.stop()).end !== "stopped") break;
        stops++;
      }
      if (stops === parallelisms.length)
        await (await startNoted(numbersJob(4_000, fileSink<number>(out), true), join(directory, "state"), { parallelism: 2 })).job.finished;
      expect(stops).toBeGreaterThan(2);
      expectSame(await published<number>(out), answers(4_000));
    }));

  it("that nobody answers hold the input back, and no checkpoint", () =>
    inDirectory(async (directory) => {
      const asked: number[] = [];
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const waiting = async (n: number): Promise<number> => {
        asked.push(n);
        await gate;
        return n;
      };
      const sink = collect<number>();
      const job = defineJob("silent", (env) => {
        env
          .from(datagen({ generate: (n: number) => n, count: 100 }), { uid: "numbers" })
          .flatMap((n) => [n, n, n])
          .rebalance()
          .orderedWait(waiting, { uid: "ask", timeoutMs: 60_000, capacity: 4 })
          .to(sink, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, directory, { parallelism: 2, alignmentTimeoutMs: 5 });
      await until(() => countOf(events, "checkpointCompleted") > 5);
      expect(asked.length).toBeLessThanOrEqual(2 * 4);
      open();
      await running.finished;
      expectSame(
        [...sink.values],
        upTo(300).map((n) => Math.floor(n / 3)),
      );
    }));

  it("keep records on their side of each watermark: windows behind them lose nothing", async () => {
    const input = readings(600, 5, 200);
    const sums = async (ask: boolean): Promise<readonly string[]> => {
      const sink = collect<string>();
      const job = defineJob("windows", (env) => {
        const all = env.from(collection(input), { uid: "in", watermarks: boundedOutOfOrderness(200, (one) => one.at) });
        const asked = ask
          ? all.unorderedWait(async (one) => (one.value % 2 === 0 ? one : pause(one.value % 5).then(() => one)), {
              uid: "ask",
              timeoutMs: 9_000,
              capacity: 7,
            })
          : all;
        asked
          .keyBy((one) => one.sensor)
          .window(tumbling(500))
          .aggregate(
            { accumulator: t.integer(), createAccumulator: () => 0, add: (one, sum) => sum + one.value, getResult: (sum) => sum },
            {
              uid: "sums",
              process: {
                process(values, { key, window }, out: Collector<string>) {
                  for (const sum of values) out.collect(`${key} ${window.start} ${sum}`);
                },
              },
            },
          )
          .to(sink, { uid: "out" });
      });
      await (await startJob(job, { ephemeral: true })).finished;
      return [...sink.values].sort();
    };
    expect(await sums(true)).toEqual(await sums(false));
  });

  it("hold event time back behind a source that has ended, also after a restart", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      const mayAnswer = Promise.withResolvers<void>();
      let fails = false;
      const job = defineJob("windows", (env) => {
        const watermarks = boundedOutOfOrderness<number>(0, (n) => n);
        const asked = env
          .from(collection([5]), { uid: "one", watermarks })
          .unorderedWait((n) => mayAnswer.promise.then(() => n), { uid: "ask", timeoutMs: 60_000, codec: t.integer() });
        const many = env.from(datagen({ generate: (n: number) => n * 10, ratePerSecond: 5_000 }), { uid: "many", watermarks }).map((n) => {
          if (!fails) return n;
          fails = false;
          throw new Error("once");
        });
        countsOf100ms(asked.union(many)).to(sink, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, stateDir);
      await until(() => countOf(events, "checkpointCompleted") > 5);
      fails = true;
      await until(() => countOf(events, "restarting") > 0);
      const before = countOf(events, "checkpointCompleted");
      await until(() => countOf(events, "checkpointCompleted") > before + 5);
      expect(sink.values).toEqual([]);
      mayAnswer.resolve();
      await until(() => sink.values.length > 2);
      await running.cancel();
      expect(sink.values.slice(0, 2)).toEqual(["0:11", "100:10"]);
    }));

  it("let a firing behind them that a checkpoint cut come to its end before their records come", () =>
    inDirectory(async (directory) => {
      const keys = 2_000;
      const late = upTo(40).map((n) => ({ key: keys - 1 - n, at: 5, late: true }));
      const onTime = upTo(keys).map((key) => ({ key, at: 1, late: false }));
      const newest = upTo(129).map(() => ({ key: keys, at: 1_000_000, late: false }));
      let completed = () => 0;
      let failed = false;
      const allAsked = Promise.withResolvers<void>();
      let asked = 0;
      // Nobody answers for the late ones before the restart, and event time moves when all of them are under way.
      const ask = async (one: (typeof late)[number]): Promise<(typeof late)[number]> => {
        if (one.late && ++asked === late.length) allAsked.resolve();
        if (!failed && one.late) await new Promise(() => undefined);
        if (!failed && one.at === 1_000_000) await allAsked.promise;
        return one;
      };
      let completedBefore: number | undefined;
      const isCut = (): boolean => completedBefore !== undefined && completed() > completedBefore + 1;
      const out = heldUntil(fileSink<string>(join(directory, "out")), () => completedBefore === undefined || isCut());
      const job = defineJob("sessions", (env) => {
        env
          .from(collection([...onTime, ...newest, ...late]), {
            uid: "in",
            watermarks: boundedOutOfOrderness<(typeof late)[number]>(0, ({ at }) => at),
          })
          .orderedWait(ask, {
            uid: "ask",
            timeoutMs: 60_000,
            capacity: 10_000,
            codec: t.object({ key: t.integer(), at: t.integer(), late: t.boolean() }),
          })
          .keyBy(({ key }) => key)
          .window(session(100))
          .aggregate(
            { accumulator: t.integer(), createAccumulator: () => 0, add: (_one, n) => n + 1, getResult: (n) => n, merge: (a, b) => a + b },
            {
              uid: "counts",
              process: {
                process(counts, { key }, out: Collector<string>) {
                  completedBefore ??= completed();
                  // All together take longer than the firing may go on at a time.
                  for (const end = performance.now() + 0.01; !failed && performance.now() < end; );
                  if (!failed && isCut()) {
                    failed = true;
                    throw new Error("once");
                  }
                  for (const count of counts) out.collect(`${key}: ${count}`);
                },
              },
            },
          )
          .to(out, { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, join(directory, "state"), {
        parallelism: 1,
        restart: { kind: "fixedDelay", attempts: 2, delayMs: 1 },
      });
      completed = () => countOf(events, "checkpointCompleted");
      expect(await running.finished).toMatchObject({ restarts: 1 });
      expectSame(await published<string>(join(directory, "out")), [...upTo(keys).map((key) => `${key}: 1`), `${keys}: 129`]);
    }));

  it("hold back the end of their own branch, and of no other", () =>
    inDirectory(async (stateDir) => {
      const [answered, counts] = [collect<number>(), collect<string>()];
      const mayAnswer = Promise.withResolvers<void>();
      const job = defineJob("branches", (env) => {
        const numbers = env.from(collection([5, 50, 500]), { uid: "numbers", watermarks: boundedOutOfOrderness<number>(0, (n) => n) });
        numbers
          .unorderedWait((n) => mayAnswer.promise.then(() => n), { uid: "ask", timeoutMs: 60_000, codec: t.integer() })
          .to(answered, { uid: "answered" });
        countsOf100ms(numbers).to(counts, { uid: "counted" });
      });
      const { job: running } = await startNoted(job, stateDir, { parallelism: 2 });
      await until(() => counts.values.length === 2);
      expect([counts.values, answered.values]).toEqual([["0:2", "500:1"], []]);
      mayAnswer.resolve();
      await running.finished;
      expectSame([...answered.values], [5, 50, 500]);
      expect(counts.values.length).toBe(2);
    }));

  it("that the end waits for hold back no timers of operators behind them", async () => {
    const fired: number[] = [];
    const allFired = Promise.withResolvers<void>();
    const job = defineJob("timers", (env) => {
      env
        .from(collection(upTo(10)), { uid: "numbers" })
        .unorderedWait((n) => (n === 9 ? allFired.promise.then(() => n) : Promise.resolve(n)), { uid: "ask", timeoutMs: 60_000, codec: t.integer() })
        .keyBy((n) => n)
        .process(
          {
            processElement(_n, { timers, currentProcessingTime }) {
              timers.registerProcessingTimeTimer(currentProcessingTime() + 30);
            },
            onTimer(_time, { currentKey }, _out: Collector<number>) {
              if (fired.push(currentKey() as number) === 9) allFired.resolve();
            },
          },
          { uid: "later" },
        )
        .to(collect<number>(), { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expectSame(fired, upTo(9));
  });

  it("hold back a watermark, and a checkpoint that overtakes the records behind it knows of it", () =>
    inDirectory(async (stateDir) => {
      const seen: string[] = [];
      const firstCall = Promise.withResolvers<number>();
      firstCall.promise.catch(() => undefined);
      const generator = (): WatermarkGenerator<number> => ({
        onEvent: (n, _timestamp, output) => n === 10 && output.emitWatermark(20),
        onPeriodicEmit: () => undefined,
        snapshot: () => [],
        restore: () => undefined,
      });
      let asked = 0;
      const job = defineJob("stuck", (env) => {
        env
          .from(collection([10, 30]), { uid: "numbers", watermarks: customWatermarks("after 10", generator, (n: number) => n) })
          .keyBy(() => 1)
          .process(
            {
              state: { fired: state.value(t.boolean()) },
              processElement(n, { state: { fired }, timers, currentWatermark }, out: Collector<number>) {
                if (n === 10) timers.registerEventTimeTimer(15);
                else seen.push(`${n} behind ${currentWatermark()}, the timer has fired: ${fired.value() === true}`);
                out.collect(n);
              },
              onTimer: (_time, { state: { fired } }) => fired.update(true),
            },
            { uid: "keyed" },
          )
          .orderedWait(async (n) => (asked++ === 0 ? firstCall.promise : n), { uid: "ask", timeoutMs: 60_000, capacity: 1, codec: t.integer() })
          .to(collect<number>(), { uid: "out" });
      });
      const { job: running, events } = await startNoted(job, stateDir, { parallelism: 2, alignmentTimeoutMs: 0 });
      await until(() => countOf(events, "checkpointCompleted") > 4);
      expect(seen).toEqual([]);
      firstCall.reject(new Error("once"));
      await running.finished;
      expect(countOf(events, "restarting")).toBe(1);
      expect(seen).toEqual(["30 behind 20, the timer has fired: true"]);
    }));

  it("that fail end the job with uid and position, on the same record twice for good", () =>
    inDirectory(async (stateDir) => {
      const job = numbersJob(30, collect<number>(), true, async (n) => {
        if (n === 21) throw new Error("unknown number");
        return n;
      });
      const { finished } = (await startNoted(job, stateDir)).job;
      await expect(finished).rejects.toMatchObject({ code: "JOB_POISON_RECORD", where: { uid: "ask", position: expect.stringContaining("21") } });
    }));

  it("that never settle hit their timeout", async () => {
    const job = defineJob("stuck", (env) => {
      env
        .from(collection(["a"]), { uid: "in" })
        .orderedWait(() => new Promise<string>(() => undefined), { uid: "ask", timeoutMs: 20 })
        .to(collect<string>(), { uid: "out" });
    });
    const run = startJob(job, { ephemeral: true, restart: { kind: "none" } }).then(({ finished }) => finished);
    await expect(run).rejects.toMatchObject({ code: "ASYNC_TIMEOUT", where: { uid: "ask" } });
  });
});

describe("a lookup join", () => {
  const names = new Map([
    [1, "one"],
    [2, "two"],
  ]);

  it.each([
    ["inner", ["one", "two", "one"]],
    ["leftOuter", ["one", "two", "none", "one"]],
  ] as const)("gives each record what is found under its key: %s", async (kind, expected) => {
    const sink = collect<string>();
    const job = defineJob("names", (env) => {
      const joined = env.from(collection([1, 2, 3, 1]), { uid: "in" }).lookupJoin(
        (n) => n,
        async (n) => names.get(n),
      );
      const options = { uid: "names", timeoutMs: 5_000, cache: { maxEntries: 100, ttlMs: 60_000 } };
      const named = kind === "inner" ? joined.select((_, name) => name, options) : joined.leftOuter().select((_, name) => name ?? "none", options);
      named.to(sink, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expect(sink.values).toEqual(expected);
  });

  it("asks again for what its retry does not take, and caches what comes of that", async () => {
    const sink = collect<string>();
    let asked = 0;
    const job = defineJob("names", (env) => {
      env
        .from(collection(["a"]), { uid: "in" })
        .lookupJoin(
          (name) => name,
          async () => (++asked === 1 ? undefined : "Ada"),
        )
        .leftOuter()
        .select((name, found) => `${name}=${found ?? "nobody"}`, {
          uid: "names",
          timeoutMs: 60_000,
          retry: asyncRetry.fixedDelay<string | undefined>({ attempts: 3, delayMs: 1, ifResult: (found) => found === undefined }),
          cache: { maxEntries: 100, ttlMs: 60_000 },
        })
        .to(sink, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expect(sink.values).toEqual(["a=Ada"]);
  });
});
