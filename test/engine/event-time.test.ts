import { join } from "node:path";
import {
  boundedOutOfOrderness,
  type Collector,
  collect,
  collection,
  type DataStream,
  datagen,
  defineJob,
  type Sink,
  type Source,
  startJob,
  t,
  tumbling,
} from "millrace";
import { runJob } from "millrace/testing";
import { describe, expect, it } from "vitest";
import { answeringLate, countsOf100ms, expectSame, inDirectory, pause, startNoted, until, upTo } from "./support.ts";

/** Counts in windows of 100 ms, closed by event time alone. */
function windows(source: Source<number>, sink: Sink<string>, idlenessMs?: number) {
  return defineJob("windows", (env) => {
    const strategy = boundedOutOfOrderness<number>(0, (n) => n);
    const numbers = env.from(source, { uid: "numbers", watermarks: idlenessMs === undefined ? strategy : strategy.withIdleness(idlenessMs) });
    countsOf100ms(numbers).to(sink, { uid: "out" });
  });
}

describe("event time of an endless source", () => {
  it("follows the last records when the source falls quiet", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      // Fewer than there are between two watermarks.
      const { job } = await startNoted(windows(quietAfter(30), sink), stateDir);
      await until(() => sink.values.length >= 2);
      expect(sink.values).toEqual(["0:10", "100:10"]);
      await job.cancel();
    }));

  it("goes on when the source comes back from idleness", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      let isBack = false;
      const source = guarded((_subtask, given) => (isBack ? Number.POSITIVE_INFINITY : Math.max(0, 30 - given)));
      const { job } = await startNoted(windows(source, sink, 50), stateDir, { parallelism: 2 });
      await until(() => sink.values.length >= 2);
      // Silence for much longer than the timeout.
      await new Promise((resolve) => setTimeout(resolve, 600));
      isBack = true;
      await until(() => sink.values.length > 20);
      await job.cancel();
    }));

  for (const [what, silent] of [
    ["a split without records", 1],
    ["a subtask without splits", 2],
  ] as const) {
    it(`waits for ${what}, until that is idle`, () =>
      inDirectory(async (directory) => {
        const waits = collect<string>();
        const goesOn = collect<string>();
        const [first, second] = await Promise.all([
          startNoted(windows(withSilent(silent), waits, 600_000), join(directory, "a"), { parallelism: 2 }),
          startNoted(windows(withSilent(silent), goesOn, 250), join(directory, "b"), { parallelism: 2 }),
        ]);
        await until(() => goesOn.values.length > 100);
        expect(waits.values).toEqual([]);
        await first.job.cancel();
        await second.job.cancel();
      }));
  }

  it("goes on past an operator that found its subtask idle before a slow source knew that it has nothing", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      const job = defineJob("windows", (env) => {
        const live = env.from(datagen({ generate: (n: number) => n * 10, ratePerSecond: 2_000 }), { uid: "live" });
        const slow = env.from(answeringLate(collection<number>([]), pause(400)), { uid: "slow" });
        const timed = live
          .union(slow)
          .global()
          .assignTimestampsAndWatermarks(boundedOutOfOrderness<number>(0, (n) => n).withIdleness(50), { uid: "times", quietMs: 50 });
        countsOf100ms(timed).to(sink, { uid: "out" });
      });
      const { job: running } = await startNoted(job, stateDir, { parallelism: 2 });
      await until(() => sink.values.length > 20);
      await running.cancel();
    }));
});

describe("event time that is given behind sources that end", () => {
  it("goes on past a stream that is idle by its own strategy", () =>
    inDirectory(async (stateDir) => {
      const sink = collect<string>();
      const job = defineJob("windows", (env) => {
        const idle = boundedOutOfOrderness<number>(0, (n) => n).withIdleness(50);
        const [steady, silent] = [500, 1 / 1_000].map((ratePerSecond) =>
          env
            .from(datagen({ generate: (n: number) => n * 10, count: 100_000, ratePerSecond }), { uid: `at-${ratePerSecond}` })
            .assignTimestampsAndWatermarks(idle, { uid: `times-at-${ratePerSecond}` }),
        ) as [DataStream<number>, DataStream<number>];
        countsOf100ms(steady.union(silent)).to(sink, { uid: "out" });
      });
      const { job: running } = await startNoted(job, stateDir);
      await until(() => sink.values.length > 0);
      await running.cancel();
    }));
});

/** The numbers 0, 10, 20, … `count` of them, and then silence. */
function quietAfter(count: number): Source<number> {
  return guarded((_subtask, given) => Math.max(0, count - given));
}

/** Two splits, of which the second has no records; or two subtasks, to the second of which no split comes. */
function withSilent(kind: 1 | 2): Source<number> {
  return guarded((subtask) => (subtask === 0 ? Number.POSITIVE_INFINITY : kind === 1 ? 0 : undefined));
}

/** An endless source whose readers hand over no more than `room` allows; undefined: a reader does not even ask for splits. */
function guarded(room: (subtask: number, given: number) => number | undefined): Source<number> {
  const all = datagen({ generate: (n: number) => n * 10, ratePerSecond: 10_000 });
  return {
    ...(all as Source<number>),
    createReader: (context) => {
      const reader = (all as Source<number>).createReader(context);
      let given = 0;
      let asked = false;
      return {
        addSplits: (splits) => reader.addSplits(splits),
        noMoreSplits: () => reader.noMoreSplits(),
        snapshot: () => reader.snapshot(),
        position: () => reader.position(),
        close: () => reader.close(),
        poll: (output, limit) => {
          const left = room(context.subtask, given);
          if (left === undefined) return "waiting";
          if (left === 0) {
            if (!asked) context.requestSplit();
            asked = true;
            return "waiting";
          }
          asked = true;
          const counted: typeof output = {
            collect: (split, value, timestamp) => {
              given++;
              output.collect(split, value, timestamp);
            },
            side: (name, value) => output.side(name, value),
            splitFinished: (split) => output.splitFinished(split),
            get stop() {
              return output.stop || (room(context.subtask, given) ?? 0) === 0;
            },
          };
          return reader.poll(counted, Math.min(limit, left));
        },
      };
    },
  };
}

describe("processing time", () => {
  it("gives one result of each window, though records come at its last millisecond until that is over", async () => {
    const job = defineJob("windows", (env) => {
      env
        .from(datagen({ generate: (n: number) => n, count: 2_000, ratePerSecond: 20_000 }), { uid: "numbers" })
        .keyBy(() => "all")
        .window(tumbling(5, { time: "processing" }))
        .aggregate(
          { accumulator: t.integer(), createAccumulator: () => 0, add: (_n, count) => count + 1, getResult: (count) => count },
          { uid: "counts", process: { process: (_counts, { window }, out: Collector<number>) => out.collect(window.start) } },
        )
        .to(collect<number>(), { uid: "out" });
    });
    const { outputs } = await runJob(job);
    expect(outputs.out?.length).toBeGreaterThan(3);
    expect(outputs.out).toEqual([...new Set(outputs.out)]);
  });

  it("has passed the time of a timer that fires", async () => {
    const job = defineJob("timers", (env) => {
      env
        .from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" })
        .keyBy(() => "all")
        .process(
          {
            emits: t.integer(),
            processElement: (n, { timers, currentProcessingTime }) => timers.registerProcessingTimeTimer(currentProcessingTime() + (n % 7)),
            onTimer: (time, { currentProcessingTime }, out) => out.collect(currentProcessingTime() - time),
          },
          { uid: "timers" },
        )
        .to(collect<number>(), { uid: "out" });
    });
    const { outputs } = await runJob(job, { forMs: 100 });
    expect(outputs.out?.length).toBeGreaterThan(20);
    expect(Math.min(...(outputs.out as number[]))).toBe(1);
  });
});

describe("processing-time timers", () => {
  it("that are left when the input has ended do not fire any more, though the job goes on elsewhere", async () => {
    const sink = collect<string>();
    const job = defineJob("timers", (env) => {
      const timed = env
        .from(datagen({ generate: (n: number) => n, count: 100 }), { uid: "numbers" })
        .keyBy((n) => n)
        .process(
          {
            emits: t.string(),
            processElement(n, context, out) {
              context.timers.registerProcessingTimeTimer(context.currentProcessingTime() + 60);
              out.collect(`in ${n}`);
            },
            onTimer: (time, _context, out) => out.collect(`fired ${time}`),
          },
          { uid: "timers" },
        );
      const others = env.from(datagen({ generate: (n: number) => `other ${n}`, count: 20, ratePerSecond: 100 }), { uid: "others" });
      timed.union(others).to(sink, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true })).finished;
    expectSame(sink.values, [...upTo(100).map((n) => `in ${n}`), ...upTo(20).map((n) => `other ${n}`)]);
  });

  it("that came due while the job was down fire first when it goes on", () =>
    inDirectory(async (directory) => {
      const sink = collect<string>();
      const build = () =>
        defineJob("due", (env) => {
          env
            .from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" })
            .keyBy((n) => n % 2)
            .process(
              {
                emits: t.string(),
                processElement(n, context, out) {
                  if (n === 0) context.timers.registerProcessingTimeTimer(context.currentProcessingTime() + 3_000);
                  out.collect(`in ${n}`);
                },
                onTimer: (_time, context, out) => out.collect(`fired ${context.currentKey()}`),
              },
              { uid: "timers" },
            )
            .to(sink, { uid: "out" });
        });
      const first = await startNoted(build(), directory);
      await until(() => sink.values.length > 10);
      await first.job.stop();
      const before = sink.values.length;
      expect(sink.values).not.toContain("fired 0");
      await new Promise((resolve) => setTimeout(resolve, 3_100));
      const second = await startNoted(build(), directory);
      await until(() => sink.values.length > before);
      expect(sink.values[before]).toBe("fired 0");
      await second.job.cancel();
    }));
});

it.each([1, 2])("has come to its end everywhere when a job has finished, which its result says, with parallelism %i", (parallelism) =>
  inDirectory(async (stateDir) => {
    const job = await startJob(windows(collection([10, 20, 150]), collect()), { stateDir, parallelism });
    const { operators } = await job.finished;
    const shown = operators.flatMap(({ uid, watermark }) => (watermark === undefined ? [] : [[uid, watermark]]));
    expect(shown).toContainEqual(["numbers", Number.POSITIVE_INFINITY]);
    expect(shown.filter(([, watermark]) => watermark !== Number.POSITIVE_INFINITY)).toEqual([]);
  }),
);
