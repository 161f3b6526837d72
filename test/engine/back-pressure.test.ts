import { boundedOutOfOrderness, type Collector, datagen, defineJob, discard, type JobDefinition, type Sink, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, inDirectory, slowSink, startNoted, until } from "./support.ts";

/** Counts records that have been made and not yet written. */
class Flight {
  made = 0;
  written = 0;
  most = 0;

  readonly make = (n: number): number => {
    this.made++;
    this.most = Math.max(this.most, this.made - this.written);
    return n;
  };

  sink(pauseMs: number): Sink<unknown> {
    return slowSink(pauseMs, () => {
      this.written++;
    });
  }
}

const numbers = (flight: Flight, count?: number) => datagen({ generate: flight.make, ...(count === undefined ? {} : { count }) });

describe("a slow sink", () => {
  for (const options of [{}, { dev: true }, { parallelism: 3 }]) {
    it(`holds the source back and lets checkpoints through: ${JSON.stringify(options)}`, () =>
      inDirectory(async (stateDir) => {
        const flight = new Flight();
        const job: JobDefinition = defineJob("slow", (env) => {
          env
            .from(numbers(flight), { uid: "numbers" })
            .keyBy((n) => n % 7)
            .reduce((a, b) => a + b, { uid: "sums", codec: t.integer() })
            .rebalance()
            .to(flight.sink(1), { uid: "out" });
        });
        const { job: running, events } = await startNoted(job, stateDir, { checkpointIntervalMs: 20, batchSize: 8, ...options });
        await until(() => countOf(events, "checkpointCompleted") > 2 && flight.written > 500);
        expect(countOf(events, "checkpointFailed")).toBe(0);
        await running.cancel();
        // Channels hold 8 batches of 8 records each; there are at most 9 + 9 of them.
        expect(flight.most).toBeLessThan(2_000);
      }));
  }

  it("does not let a function that emits much for one record fill the memory", () =>
    inDirectory(async (stateDir) => {
      const flight = new Flight();
      const job = defineJob("fan-out", (env) => {
        env
          .from(datagen({ generate: (n: number) => n }), { uid: "numbers" })
          .flatMap(function* (n) {
            for (let i = 0; i < 50; i++) yield flight.make(n * 50 + i);
          })
          .rebalance()
          .to(flight.sink(1), { uid: "out" });
      });
      const { job: running } = await startNoted(job, stateDir, { batchSize: 8, dev: true });
      await until(() => flight.written > 500);
      await running.cancel();
      expect(flight.most).toBeLessThan(1_000);
    }));
});

describe("a stream of few records beside a slow sink", () => {
  it("is not idle by the time in which it was not read", () =>
    inDirectory(async (stateDir) => {
      const flight = new Flight();
      const heard: string[] = [];
      const job = defineJob("few", (env) => {
        const all = env.from(numbers(flight), { uid: "numbers" });
        all.rebalance().to(flight.sink(10), { uid: "slow" });
        all
          .filter((n) => n % 1_000 === 0)
          .assignTimestampsAndWatermarks(boundedOutOfOrderness<number>(0, (n) => n).withIdleness(300), { uid: "times", quietMs: 20 })
          .transform<number>(
            () => ({
              ownsWatermarks: true,
              processElement: () => void heard.push("record"),
              onStatus: (status) => void heard.push(status),
            }),
            { uid: "listens" },
          )
          .to(discard(), { uid: "out" });
      });
      const { job: running } = await startNoted(job, stateDir, { batchSize: 8 });
      await until(() => heard.filter((what) => what === "record").length > 3);
      await running.cancel();
      expect(heard).not.toContain("idle");
    }));
});

describe("streams that part and meet again", () => {
  for (const options of [{ dev: true }, { parallelism: 3 }]) {
    it(`in a union do not lock each other, checkpoints included: ${JSON.stringify(options)}`, () =>
      inDirectory(async (stateDir) => {
        const flight = new Flight();
        const job = defineJob("diamond", (env) => {
          const all = env.from(numbers(flight, 3_000), { uid: "numbers" });
          const plain = all.rebalance().map((n) => n);
          const keyed = all.keyBy((n) => n % 5).reduce((a, b) => a + b, { uid: "sums", codec: t.integer() });
          plain
            .rebalance()
            .union(keyed.rebalance())
            .flatMap((n) => [n, n])
            .to(flight.sink(0), { uid: "out" });
        });
        const { job: running, events } = await startNoted(job, stateDir, { batchSize: 4, ...options });
        await running.finished;
        expect(flight.written).toBe(12_000);
        expect(countOf(events, "checkpointFailed")).toBe(0);
      }));

    it(`in a connect with one slow side do not lock each other: ${JSON.stringify(options)}`, () =>
      inDirectory(async (stateDir) => {
        const flight = new Flight();
        const job = defineJob("connect", (env) => {
          const fast = env.from(numbers(flight, 4_000), { uid: "fast" });
          const slow = env.from(datagen({ generate: (n: number) => n, count: 40, ratePerSecond: 200 }), { uid: "slow" });
          fast
            .keyBy((n) => n % 5)
            .connect(slow.keyBy((n) => n % 5))
            .process(
              {
                state: { n: state.value(t.integer()) },
                processElement1(n, _context, out: Collector<number>) {
                  out.collect(n);
                },
                processElement2(n, { state: own }, out) {
                  own.n.update(n);
                  out.collect(-n);
                },
              },
              { uid: "met" },
            )
            .to(flight.sink(0), { uid: "out" });
        });
        const { job: running, events } = await startNoted(job, stateDir, { batchSize: 4, ...options });
        await running.finished;
        expect(flight.written).toBe(4_040);
        expect(countOf(events, "checkpointCompleted")).toBeGreaterThan(2);
      }));
  }
});
