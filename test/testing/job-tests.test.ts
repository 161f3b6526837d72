import { boundedOutOfOrderness, type Collector, datagen, defineJob, type JobDefinition, seconds, state, t, tumbling } from "millrace";
import { csv, fileSink, files } from "millrace/files";
import { goldenText, runJob, verifyJob } from "millrace/testing";
import { describe, expect, it } from "vitest";

interface Reading {
  readonly sensor: string;
  readonly at: number;
  readonly value: number;
}

/** Reads files, asks somebody about each reading, and sums by sensor and ten seconds. */
const sums = defineJob("sums", (env) => {
  const readings = files("/in.csv", csv({ columns: { sensor: "string", at: "number", value: "number" } }));
  env
    .from(readings, { uid: "readings", watermarks: boundedOutOfOrderness(seconds(2), (one) => one.at) })
    .unorderedWait(async (one) => ({ ...one, value: one.value * 2 }), { uid: "double", timeoutMs: 1_000, capacity: 5 })
    .keyBy((one) => one.sensor)
    .window(tumbling(seconds(10)))
    .aggregate(
      { accumulator: t.integer(), createAccumulator: () => 0, add: (one, sum) => sum + one.value, getResult: (sum) => sum },
      {
        uid: "sums",
        process: {
          process(values, { key, window }, out: Collector<string>) {
            for (const sum of values) out.collect(`${key} ${window.start / 1_000} ${sum}`);
          },
        },
      },
    )
    .to(fileSink("/out"), { uid: "out" });
});

const readings = Array.from({ length: 60 }, (_, n): Reading => ({ sensor: `s${n % 4}`, at: n * 500 + ((n * 7) % 5) * 300, value: n }));

function expected(all: readonly Reading[]): string[] {
  const bySum = new Map<string, number>();
  for (const { sensor, at, value } of all) {
    const key = `${sensor} ${Math.floor(at / 10_000) * 10}`;
    bySum.set(key, (bySum.get(key) ?? 0) + value * 2);
  }
  return [...bySum].map(([key, sum]) => `${key} ${sum}`).sort();
}

describe("a job under test", () => {
  it("gets values in place of its source, and gives what its sinks publish", async () => {
    const { outputs } = await runJob(sums, { inputs: { readings } });
    expect([...(outputs.out ?? [])].sort()).toEqual(expected(readings));
  });

  it("reads files of the test", async () => {
    const { outputs } = await runJob(sums, { files: { "/in.csv": "sensor,at,value\na,1000,1\na,2000,2\n" } });
    expect(outputs).toEqual({ out: ["a 0 6"] });
  });

  it("lives in time of its own, however long it takes", async () => {
    const patient = defineJob("patient", (env) => {
      env
        .from(datagen({ generate: (n: number) => n, ratePerSecond: 1 }), { uid: "ticks" })
        .keyBy(() => "all")
        .window(tumbling(600_000, { time: "processing" }))
        .aggregate(
          { accumulator: t.integer(), createAccumulator: () => 0, add: (_, count) => count + 1, getResult: (count) => count },
          { uid: "counts" },
        )
        .to(fileSink("/out"), { uid: "out" });
    });
    const { outputs, durationMs } = await runJob(patient, { startMs: 0, forMs: 1_500_000 });
    expect(outputs.out?.[1]).toBe(600);
    expect(durationMs).toBeGreaterThanOrEqual(1_500_000);
  });

  it("lasts until the last window of processing time has fired that ends with it", async () => {
    const job = defineJob("ticking", (env) => {
      env
        .from(datagen({ generate: (n: number) => n, ratePerSecond: 100 }), { uid: "ticks" })
        .keyBy(() => "all")
        .window(tumbling(1_000, { time: "processing" }))
        .aggregate(
          { accumulator: t.integer(), createAccumulator: () => 0, add: (_, count) => count + 1, getResult: (count) => count },
          { uid: "counts" },
        )
        .to(fileSink("/out"), { uid: "out" });
    });
    const { outputs } = await runJob(job, { startMs: 0, forMs: 2_000 });
    expect(outputs.out).toHaveLength(2);
  });

  it("fails as the job fails, and names an input that no source takes", async () => {
    const broken = defineJob("broken", (env) => {
      env
        .from(datagen({ generate: (n: number) => n, count: 3 }), { uid: "in" })
        .map((n) => {
          if (n === 1) throw new Error("no");
          return n;
        })
        .to(fileSink("/out"), { uid: "out" });
    });
    await expect(runJob(broken)).rejects.toMatchObject({ code: "USER_FUNCTION" });
    await expect(runJob(sums, { inputs: { reading: [] } })).rejects.toMatchObject({
      code: "TEST_INPUT",
      hint: expect.stringContaining('"readings"'),
    });
  });

  it("writes the same golden text for the same outputs in any order", () => {
    expect(goldenText({ b: [{ y: 1, x: undefined }], a: ["z", "y"] })).toBe("a\n  'y'\n  'z'\nb\n  { x: undefined, y: 1 }\n");
  });
});

describe("a job that is verified", () => {
  it("publishes the same through stops, deaths and changes of parallelism", async () => {
    const { outputs } = await verifyJob(sums, { inputs: { readings } });
    expect([...(outputs.out ?? [])].sort()).toEqual(expected(readings));
  });

  /** Counts the readings of each sensor. */
  function counts(count: (sensor: string, seen: { value(): number | undefined; update(value: number): void }) => number): JobDefinition {
    return defineJob("counts", (env) => {
      env
        .from(datagen({ generate: (n: number) => `s${n % 4}`, count: 1 }), { uid: "sensors" })
        .keyBy((sensor) => sensor)
        .process(
          {
            state: { seen: state.value(t.integer()) },
            processElement(sensor, { state: { seen } }, out: Collector<string>) {
              out.collect(`${sensor} ${count(sensor, seen)}`);
            },
          },
          { uid: "counts" },
        )
        .to(fileSink("/out"), { uid: "out" });
    });
  }
  const sensors = Array.from({ length: 40 }, (_, n) => `s${n % 4}`);

  it("is found out when it keeps something beside its state", async () => {
    const right = counts((_, seen) => {
      seen.update((seen.value() ?? 0) + 1);
      return seen.value() ?? 0;
    });
    expect((await verifyJob(right, { inputs: { sensors } })).outputs.out).toHaveLength(40);
    const aside = (): JobDefinition => {
      const kept = new Map<string, number>();
      return counts((sensor) => {
        kept.set(sensor, (kept.get(sensor) ?? 0) + 1);
        return kept.get(sensor) ?? 0;
      });
    };
    await expect(verifyJob(aside(), { inputs: { sensors } })).rejects.toThrow("the job publishes something else");
  });
});
