import { cp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Collector, collect, datagen, defineJob, discard, type JobDefinition, type Sink, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, observing, published, startNoted, until, upTo } from "./support.ts";

const count = 6_000;
const keys = 50;

/**
 * Counts by key in value, map and list state, with a timer at the end, which a start reads from the store. `held`: it takes its time, so that it
 * does not end before it is stopped, however slow the machine is.
 */
function counting(sink: Sink<string>, held = false): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count, ratePerSecond: held ? 400 : 3_000, timestampOf: (n) => n }), { uid: "numbers" })
      .keyBy((n) => n % keys)
      .process(
        {
          state: { seen: state.value(t.integer()), by: state.map(t.integer(), t.integer()), last: state.list(t.integer()) },
          processElement(n, { state: { seen, by, last }, timers }, out: Collector<string>) {
            seen.update((seen.value() ?? 0) + 1);
            by.put(n % 7, (by.get(n % 7) ?? 0) + 1);
            last.add(n);
            timers.registerEventTimeTimer(count * 2);
            out.collect(`${n} ${seen.value()}`);
          },
          onTimer(_time, { state: { seen, by, last }, currentKey }, out) {
            const all = [...by.values()].reduce((a, b) => a + b, 0);
            out.collect(`end ${currentKey()} ${seen.value()} ${all} ${last.get().length}`);
          },
        },
        { uid: "count" },
      )
      .to(sink, { uid: "out" });
  });
}

function expected(): string[] {
  const each = count / keys;
  return [...upTo(count).map((n) => `${n} ${Math.floor(n / keys) + 1}`), ...upTo(keys).map((key) => `end ${key} ${each} ${each} ${each}`)];
}

/** Overwrites some bytes in the middle of every file that is not empty. */
async function damage(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const { size } = await stat(path);
    if (size === 0) continue;
    const file = await open(path, "r+");
    await file.write(Buffer.alloc(Math.min(size, 64), 0xa5), 0, Math.min(size, 64), Math.floor(size / 2));
    await file.close();
  }
}

/** Overwrites the first records of every run that is there. */
async function damageRecords(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith(".run")) continue;
    const file = await open(join(directory, name), "r+").catch(() => undefined);
    await file?.write(Buffer.alloc(400, 0xa5), 0, 400, 20);
    await file?.close();
  }
}

const tamperings: readonly (readonly [string, (stateDir: string, slot: string) => Promise<void>])[] = [
  ["is missing", (_stateDir, slot) => rm(slot, { recursive: true })],
  ["is damaged", (_stateDir, slot) => damage(slot)],
  [
    "has lost a file",
    async (_stateDir, slot) => {
      for (const name of await readdir(slot)) if (name.endsWith(".run")) await rm(join(slot, name));
    },
  ],
  ["has lost its manifest", (_stateDir, slot) => rm(join(slot, "store.json"))],
  [
    "was left with a run of a checkpoint that never was",
    async (_stateDir, slot) => {
      const run = (await readdir(slot)).find((name) => name.endsWith(".run"));
      if (run !== undefined) await cp(join(slot, run), join(slot, "999999.run"));
    },
  ],
  [
    "holds values that do not fit their checksums",
    async (_stateDir, slot) => {
      for (const name of await readdir(slot)) {
        if (!/\.(log|ldb|run)$/.test(name)) continue;
        const bytes = await readFile(join(slot, name));
        for (let at = 200; at < bytes.length; at += 97) bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        await writeFile(join(slot, name), bytes);
      }
    },
  ],
  [
    "holds records that do not fit their checksums, in runs that can be opened",
    async (_stateDir, slot) => {
      for (const name of await readdir(slot)) {
        if (!name.endsWith(".run")) continue;
        const bytes = await readFile(join(slot, name));
        for (let at = 30; at < bytes.length / 2; at += 500) bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        await writeFile(join(slot, name), bytes);
      }
    },
  ],
  [
    "lags behind",
    async (stateDir, slot) => {
      await rm(slot, { recursive: true });
      await cp(join(stateDir, "earlier"), slot, { recursive: true });
    },
  ],
  [
    "is ahead, because the newest checkpoint has gone",
    async (stateDir) => {
      const names = (await readdir(join(stateDir, "checkpoints"))).filter((name) => /^chk-\d+\.json$/.test(name)).sort();
      if (names.length > 1) await rm(join(stateDir, "checkpoints", names.at(-1) ?? ""));
    },
  ],
];

/** What is computed must be right even where it is computed again. */
const noting = (lines: Map<string, number>) => observing<string>((line) => lines.set(line, (lines.get(line) ?? 0) + 1));

describe("a local store", () => {
  for (const [what, tamper] of tamperings) {
    it(`that ${what} is made good from the checkpoint, and nothing is lost or doubled`, () =>
      inDirectory(async (stateDir) => {
        const out = join(stateDir, "out");
        const slot = join(stateDir, "local", "slot-0");
        const ahead = what.startsWith("is ahead");
        const states = new Map<string, number>();
        // With a checkpoint gone its output is refused to be committed twice; so there the computed lines are looked at.
        const sink = () => (ahead ? noting(states) : fileSink<string>(out));
        for (let stop = 0; stop < 2; stop++) {
          const { job, events } = await startNoted(counting(sink(), true), stateDir, { batchSize: 32 });
          await until(() => countOf(events, "checkpointCompleted") > 3);
          expect((await job.stop()).end).toBe("stopped");
          if (stop === 0) await cp(slot, join(stateDir, "earlier"), { recursive: true });
        }
        await tamper(stateDir, slot);
        const last = await startNoted(counting(sink()), stateDir);
        expect(last.job.resumedFrom).toBeDefined();
        await last.job.finished;
        if (ahead)
          expect([...states].sort()).toEqual(
            expected()
              .map((line) => [line, expect.any(Number)])
              .sort(),
          );
        else expectSame(await published<string>(out), expected());
      }));
  }

  it("that turns out damaged in a running job is given up, and the restart fills it again by itself", () =>
    inDirectory(async (stateDir) => {
      const out = join(stateDir, "out");
      const slot = join(stateDir, "local", "slot-0");
      // Hardly any memory, so that most keys are read from the store again and again.
      const options = { batchSize: 32, memoryBytes: 1 };
      const { job, events } = await startNoted(counting(fileSink<string>(out), true), stateDir, options);
      await until(() => countOf(events, "checkpointCompleted") > 3);
      expect((await job.stop()).end).toBe("stopped");
      const last = await startNoted(counting(fileSink<string>(out)), stateDir, options);
      await damageRecords(slot);
      const { end } = await last.job.finished;
      expect(end).toBe("finished");
      const errors = last.events.flatMap((event) => (event.kind === "restarting" ? [event.error] : []));
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).toMatchObject({ code: "STATE_CORRUPT" });
      expectSame(await published<string>(out), expected());
    }));

  it("of an abandoned run is not believed by the next", () =>
    inDirectory(async (stateDir) => {
      const first = await startNoted(counting(collect(), true), stateDir);
      await until(() => countOf(first.events, "checkpointCompleted") > 2);
      await first.job.stop();
      await cp(join(stateDir, "local"), join(stateDir, "kept"), { recursive: true });
      const second = await startNoted(counting(discard(), true), stateDir, { fresh: true });
      await until(() => countOf(second.events, "checkpointCompleted") > 2);
      await second.job.stop();
      await rm(join(stateDir, "local"), { recursive: true });
      await cp(join(stateDir, "kept"), join(stateDir, "local"), { recursive: true });
      const states = new Map<string, number>();
      await (await startNoted(counting(noting(states)), stateDir)).job.finished;
      // Counts that came from the other run's store would give lines that no run can give.
      const possible = new Set(expected());
      expect([...states.keys()].filter((line) => !possible.has(line))).toEqual([]);
    }));

  it.each<[string, Version, ...Version[]]>([
    ["drops it and has it again", { nodes: ["a"] }, { nodes: [], allowDrop: ["a"] }, { nodes: ["a"] }],
    ["comes back at another parallelism", { nodes: ["a"] }, { nodes: [], allowDrop: ["a"] }, { nodes: ["a"], parallelism: 2 }],
    ["goes back to a checkpoint before it", { nodes: [] }, { nodes: ["a"], backend: "disk" }, { nodes: ["a"], from: "first" }],
    [
      "drops it while state is in memory, and keeps another",
      { nodes: ["a", "b"] },
      { nodes: ["b"], allowDrop: ["a"], backend: "heap" },
      { nodes: ["a", "b"] },
    ],
  ])("has nothing left of an operator for a job that %s", (_what, ...versions) =>
    inDirectory(async (stateDir) => {
      let told: Told[] = [];
      let first: number | undefined;
      for (const { nodes, from, ...version } of versions) {
        told = [];
        const options = { ...version, ...(from === undefined ? {} : { from: `chk-${first}` }) };
        // The only checkpoint is the one at the end.
        const { job } = await startNoted(countingBy(nodes, told), stateDir, { backend: "disk", checkpointIntervalMs: 60_000, ...options });
        await until(() => told.filter(({ uid }) => uid === "numbers").length > 2 * once);
        const { checkpointId } = await job.stop();
        first ??= checkpointId;
      }
      // The operator is new: its state begins empty.
      expect(told.find(({ uid }) => uid === "a")).toEqual({ uid: "a", count: 1 });
    }),
  );
});

/** A version of a job that counts records by key, in as many operators as named. */
interface Version {
  readonly nodes: readonly string[];
  readonly allowDrop?: readonly string[];
  readonly backend?: "heap" | "disk";
  readonly parallelism?: number;
  /** The first checkpoint of the first version. */
  readonly from?: "first";
}

interface Told {
  readonly uid: string;
  readonly count: number;
}

/** Keys that come once: a checkpoint of a later version holds little beside them. */
const once = 40;

function countingBy(nodes: readonly string[], told: Told[]): JobDefinition {
  return defineJob("versions", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, ratePerSecond: 1_000 }), { uid: "numbers" });
    numbers.map((n) => told.push({ uid: "numbers", count: n })).to(discard(), { uid: "out" });
    for (const uid of nodes) {
      numbers
        .keyBy((n) => (n < once ? -1 - n : 0))
        .process(
          {
            state: { seen: state.value(t.integer()) },
            emits: t.integer(),
            processElement(_n, { state: { seen } }, _out: Collector<number>) {
              const count = (seen.value() ?? 0) + 1;
              seen.update(count);
              told.push({ uid, count });
            },
          },
          { uid },
        )
        .to(discard(), { uid: `${uid}-out` });
    }
  });
}
