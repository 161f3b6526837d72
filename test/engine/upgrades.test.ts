import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { type Codec, type Collector, collection, defineJob, type JobDefinition, type MillraceError, type StartOptions, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { openSnapshotReader } from "../../packages/snapshots/src/index.ts";
import { readings } from "./jobs.ts";
import { countOf, expectSame, inDirectory, published, slowed, slowSink, startNoted, until } from "./support.ts";
import { ledgerJob } from "./upgrades.ts";

const drop = ["accounts"];

/** Runs a version until it has taken some checkpoints, and stops it; false when it came to its end before. */
async function runSome(version: 1 | 2, directory: string, options: StartOptions): Promise<boolean> {
  const sink = slowed(fileSink<string>(join(directory, "out")), 8);
  const { job, events } = await startNoted(ledgerJob(version, input, sink), join(directory, "state"), {
    batchSize: 8,
    checkpointIntervalMs: 3,
    ...options,
  });
  let over = false;
  void job.finished.then(() => {
    over = true;
  });
  await until(() => over || countOf(events, "checkpointCompleted") > 2);
  return (await job.stop()).end === "stopped";
}

const input = readings(4_000, 7);

async function expected(directory: string): Promise<string[]> {
  const out = join(directory, "calm");
  await (await startNoted(ledgerJob(2, input, fileSink<string>(out)), join(directory, "calm-state"))).job.finished;
  return published<string>(out);
}

/** Records of a node in the last checkpoint: windows that nothing ends would stay for ever. */
async function recordsLeft(directory: string, uid: string): Promise<number> {
  const reader = await openSnapshotReader(nodePorts.files, join(directory, "state"), join(directory, "scratch"));
  let count = 0;
  for await (const records of reader.records(uid)) count += records.length;
  return count;
}

describe("a job that is edited between two runs", () => {
  for (const [before, after] of [
    [{ backend: "disk" }, { backend: "disk" }],
    [{ backend: "heap" }, { backend: "heap", parallelism: 3 }],
    [
      { backend: "disk", parallelism: 3 },
      { backend: "disk", parallelism: 2 },
    ],
    [
      { backend: "disk", parallelism: 2 },
      { backend: "heap", parallelism: 2 },
    ],
  ] as const satisfies readonly (readonly [StartOptions, StartOptions])[]) {
    it(`gives what its new version alone gives (${JSON.stringify(before)} → ${JSON.stringify(after)})`, { timeout: 60_000 }, () =>
      inDirectory(async (directory) => {
        expect(await runSome(1, directory, before)).toBe(true);
        expect(await runSome(2, directory, { ...after, allowDrop: drop })).toBe(true);
        // The checkpoints of the new version are its own: nothing is dropped any more.
        const { job, events } = await startNoted(ledgerJob(2, input, fileSink<string>(join(directory, "out"))), join(directory, "state"), after);
        await job.finished;
        expect(events.filter((event) => event.kind === "warning" && event.code === "STATE_MIGRATED")).toEqual([]);
        expectSame(await published<string>(join(directory, "out")), await expected(directory));
        for (const uid of ["sums", "sessions"]) expect(await recordsLeft(directory, uid)).toBe(0);
      }),
    );
  }
});

describe("an upgrade with savepoints", () => {
  it("goes to the new version at another parallelism, and back to the old one from the first savepoint", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const [out, kept] = [join(directory, "out"), join(directory, "kept")];
      const stateDir = join(directory, "state");
      const { job, events } = await startNoted(ledgerJob(1, input, slowed(fileSink<string>(out), 8)), stateDir, {
        batchSize: 8,
        checkpointIntervalMs: 3,
      });
      await until(() => countOf(events, "checkpointCompleted") > 2);
      const { end, savepoint } = await job.stop({ savepoint: join(directory, "before") });
      expect(end).toBe("savepoint");
      await cp(out, kept, { recursive: true });

      const from = savepoint?.path ?? "";
      const next = await startNoted(ledgerJob(2, input, fileSink<string>(out)), stateDir, { from, parallelism: 3, allowDrop: drop });
      expect((await next.job.finished).end).toBe("finished");
      expect(next.events.filter((event) => event.kind === "warning" && event.code === "STATE_MIGRATED").length).toBeGreaterThan(3);
      expectSame(await published<string>(out), await expected(directory));

      const back = await startNoted(ledgerJob(1, input, fileSink<string>(kept)), stateDir, { from, parallelism: 2 });
      expect((await back.job.finished).end).toBe("finished");
      expect(
        countOf(back.events, "warning") - back.events.filter((event) => event.kind === "warning" && event.code === "RESTORE_OUTPUT_STAYS").length,
      ).toBe(0);
      const calm = join(directory, "calm-1");
      await (await startNoted(ledgerJob(1, input, fileSink<string>(calm)), join(directory, "calm-1-state"))).job.finished;
      expectSame(await published<string>(kept), await published<string>(calm));
    }),
  );
});

describe("a migrate function that throws", () => {
  let calls = 0;

  function job(migrate?: (value: unknown) => { n: number }): JobDefinition {
    return defineJob("throwing", (env) => {
      env
        .from(collection(input), { uid: "readings" })
        .keyBy((reading) => reading.sensor)
        .process(
          {
            state: {
              n: state.value(migrate === undefined ? t.integer() : counted, {
                migrate: migrate === undefined ? undefined : (_from, value) => migrate(value),
              }),
            },
            processElement(reading, { state: { n } }, out: Collector<string>) {
              n.update(n.value() ?? reading.value);
              out.collect(reading.sensor);
            },
          },
          { uid: "count" },
        )
        .to(slowSink(4), { uid: "out" });
    });
  }
  const counted = t.object({ n: t.integer() }) as unknown as ReturnType<typeof t.any>;

  async function begin(directory: string, definition: JobDefinition, options: StartOptions = {}): Promise<void> {
    const { job: started, events } = await startNoted(definition, join(directory, "state"), { batchSize: 8, ...options });
    await until(() => countOf(events, "checkpointCompleted") > 1);
    await started.stop();
  }

  it("is found before anything runs, with uid, state and key, and changes nothing", () =>
    inDirectory(async (directory) => {
      await begin(directory, job());
      const before = await readdir(join(directory, "state", "checkpoints"));
      const broken = job(() => {
        throw new Error("no such account");
      });
      await expect(startNoted(broken, join(directory, "state"))).rejects.toMatchObject({
        code: "STATE_MIGRATION",
        message: 'a value of the state "n" can\'t be migrated: no such account',
        where: { job: "throwing", uid: "count", key: expect.stringMatching(/^"s\d"$/) },
      });
      const misfit = job(() => ({ n: 0.5 }));
      await expect(startNoted(misfit, join(directory, "state"))).rejects.toMatchObject({
        code: "STATE_MIGRATION",
        message: expect.stringContaining("n: expected an integer within"),
      });
      expect(await readdir(join(directory, "state", "checkpoints"))).toEqual(before);
      await begin(directory, job());
    }));

  it("is found before anything runs in broadcast state, too", () =>
    inDirectory(async (directory) => {
      const limited = (migrate?: (value: unknown) => string) =>
        defineJob("limited", (env) => {
          const limits =
            migrate === undefined
              ? { limits: state.map(t.string(), t.integer() as Codec<unknown>) }
              : { limits: state.map(t.string(), t.string() as Codec<unknown>, { migrate: (_from, value) => migrate(value) }) };
          env
            .from(collection(input), { uid: "readings" })
            .connect(env.from(collection(["high"]), { uid: "limits" }).broadcast(limits))
            .process(
              {
                processElement(reading, _context, out: Collector<string>) {
                  out.collect(reading.sensor);
                },
                processBroadcastElement(name, context) {
                  context.broadcastState.limits.put(name, migrate === undefined ? 7 : "7");
                },
              },
              { uid: "limited" },
            )
            .to(slowSink(4), { uid: "out" });
        });
      await begin(directory, limited());
      const broken = limited((value) => {
        throw new Error(`no unit for ${value}`);
      });
      const error: unknown = await startNoted(broken, join(directory, "state")).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "STATE_MIGRATION",
        message: 'a value of the broadcast state "limits" can\'t be migrated: no unit for 7',
      });
      // In no subtask: none was built.
      expect((error as MillraceError).where).toEqual({ job: "limited", uid: "limited", key: '"high"' });
      await begin(
        directory,
        limited((value) => `${value} °C`),
      );
    }));

  for (const backend of ["heap", "disk"] as const) {
    it(`half-way leaves the checkpoint as it was, for the old version and for the new (${backend})`, () =>
      inDirectory(async (directory) => {
        await begin(directory, job(), { backend });
        calls = 0;
        const failing = job((value) => {
          // All keys are tried first: it fails when the state is really being filled.
          if (++calls > 10) throw new Error("the disk is full");
          return { n: Number(value) };
        });
        await expect(startNoted(failing, join(directory, "state"), { backend })).rejects.toThrow("the disk is full");
        expect(calls).toBe(11);
        await begin(directory, job(), { backend });
        await begin(
          directory,
          job((value) => ({ n: Number(value) })),
          { backend },
        );
        await expect(begin(directory, job(), { backend })).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
      }));
  }
});

describe("records that asynchronous functions were called with", () => {
  interface Order {
    readonly n: number;
    readonly unit?: string;
  }
  const before = t.object({ n: t.integer() }) as Codec<Order>;
  const now = t.object({ n: t.number(), unit: t.withDefault(t.string(), "kg") }) as Codec<Order>;
  const narrowed = t.object({ n: t.literal(1) }) as Codec<Order>;

  function asking(codec: Codec<Order>, directory: string, answer: (order: Order) => string | Promise<string>): JobDefinition {
    return defineJob("asking", (env) => {
      env
        .from(collection([1, 2, 3]), { uid: "numbers" })
        .map((n): Order => (codec === now ? { n, unit: "g" } : { n }))
        .orderedWait((order) => answer(order), { uid: "ask", timeoutMs: 60_000, codec })
        .to(fileSink<string>(join(directory, "out")), { uid: "out" });
    });
  }

  it("are migrated with their type, or refused before anything runs", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      let asked = 0;
      const first = await startNoted(
        asking(before, directory, () => new Promise<string>(() => asked++)),
        stateDir,
      );
      await until(() => asked === 3);
      await first.job.stop();
      const answered = ({ n, unit }: Order): string => `${n} ${unit}`;
      await expect(startNoted(asking(narrowed, directory, answered), stateDir)).rejects.toMatchObject({
        code: "RESTORE_REFUSED",
        message: expect.stringContaining("- ask: records that it was called with: n: integer → 1"),
      });
      const { job, events } = await startNoted(asking(now, directory, answered), stateDir);
      await job.finished;
      expect(await published<string>(join(directory, "out"))).toEqual(["1 kg", "2 kg", "3 kg"]);
      expect(events).toContainEqual(
        expect.objectContaining({
          message: expect.stringContaining("its own state: migrated (n: integer → number; unit: new, its default in older data)"),
        }),
      );
    }));
});

describe("a snapshot that does not fit", () => {
  it("is refused with every problem, and what is dropped on purpose does not come back", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      const job = (states: { readonly a?: "value" | "list"; readonly b?: boolean }) =>
        defineJob("shrinking", (env) => {
          const keyed = env.from(collection(input), { uid: "readings" }).keyBy((reading) => reading.sensor);
          const a = states.a === "list" ? state.list(t.integer()) : state.value(t.integer());
          const declared = { ...(states.a === undefined ? {} : { a }), ...(states.b === true ? { b: state.value(t.integer()) } : {}) };
          keyed
            .process(
              {
                state: declared as { a: ReturnType<typeof state.value<number>>; b: ReturnType<typeof state.value<number>> },
                processElement(reading, { state: { a: one, b } }, out: Collector<string>) {
                  if (states.a === "value") one.update(reading.value);
                  out.collect(states.b === true ? `b ${b.value()}` : "no b");
                  if (states.b === true) b.update(reading.value);
                },
              },
              { uid: "shrinking" },
            )
            .to(slowed(fileSink<string>(join(directory, "out")), 6), { uid: "out" });
        });
      const run = async (definition: JobDefinition, options: StartOptions = {}): Promise<number> => {
        const { job: started, events } = await startNoted(definition, stateDir, { batchSize: 8, ...options });
        await until(() => countOf(events, "checkpointCompleted") > 1);
        await started.stop();
        return countOf(events, "warning");
      };
      await run(job({ a: "value", b: true }));
      await expect(run(job({ a: "list" }))).rejects.toMatchObject({
        code: "RESTORE_REFUSED",
        message: expect.stringMatching(
          /shrinking, state "a": it was value state and is list state[\s\S]*shrinking, state "b": it is not declared any more/,
        ),
      });
      expect(await run(job({ a: "list" }), { allowDrop: ["shrinking"] })).toBe(1);
      expect(await run(job({ a: "list", b: true }))).toBe(0);
      const lines = await published<string>(join(directory, "out"));
      expect(lines.filter((line) => line === "b undefined")).toHaveLength(2 * new Set(input.map(({ sensor }) => sensor)).size);
    }));
});
