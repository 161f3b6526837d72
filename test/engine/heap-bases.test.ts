import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { FileHandle, Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { type Collector, collect, datagen, defineJob, type JobDefinition, type Sink, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { FaultyFiles, type FileOperation, fault } from "millrace/testing";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted, until } from "./support.ts";

const count = 4_000;
const keys = 40;
/** Keys that come once: where most of the state changes, checkpoints hold all of it and no base is made of files. */
const quiet = 20;

/** Counts by key in value, map and list state; what is seen of a key goes every hundred records, timers with it. */
function counting(sink: Sink<string>, ratePerSecond: number): JobDefinition {
  return defineJob("counting", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, count, ratePerSecond, timestampOf: (n) => n }), { uid: "numbers" })
      .keyBy((n) => (n < quiet ? -1 - n : n % keys))
      .process(
        {
          state: { seen: state.value(t.integer()), by: state.map(t.integer(), t.integer()), last: state.list(t.integer()) },
          processElement(n, { state: { seen, by, last }, timers }, out: Collector<string>) {
            const times = (seen.value() ?? 0) + 1;
            if (times === 1) timers.registerEventTimeTimer(n + keys * 99);
            seen.update(times);
            by.put(n % 600, (by.get(n % 600) ?? 0) + 1);
            last.add(n);
            out.collect(`${n} ${times} ${[...by.keys()].length} ${last.get().length}`);
          },
          onTimer(_time, { state: { seen, by, last } }) {
            seen.clear();
            by.clear();
            last.clear();
          },
        },
        { uid: "count" },
      )
      .to(sink, { uid: "out" });
  });
}

async function expected(): Promise<string[]> {
  const sink = collect<string>();
  await inDirectory(async (directory) => {
    await (await startNoted(counting(sink, 1e6), directory, { checkpointIntervalMs: 60_000, backend: "heap" })).job.finished;
  });
  return [...sink.values];
}

/** A new base that a checkpoint takes. */
const isAdoption = ({ kind, path }: FileOperation): boolean => kind === "rename" && /bases-0\/\d+\.base$/.test(path);

describe("bases of state in memory", () => {
  it("are made of the files of checkpoints, and a job that stops and resumes again and again goes on from them", () =>
    inDirectory(async (stateDir) => {
      const out = join(stateDir, "out");
      let adopted = 0;
      for (let end = "stopped"; end === "stopped"; ) {
        const files = new FaultyFiles(nodePorts.files, (operation) => {
          if (isAdoption(operation)) adopted++;
          return undefined;
        });
        const { job, events } = await startNoted(counting(fileSink<string>(out), 1_500), stateDir, {
          backend: "heap",
          ports: { ...nodePorts, files },
        });
        await until(() => countOf(events, "checkpointCompleted") > 12 || job.status().state === "finished");
        end = (await job.stop()).end;
        expect(countOf(events, "checkpointFailed")).toBe(0);
      }
      expect(adopted).toBeGreaterThan(2);
      expectSame(await published<string>(out), await expected());
    }));

  it("that can't be written cost a checkpoint and are tried again", () =>
    inDirectory(async (stateDir) => {
      let failures = 2;
      let adopted = 0;
      const files = new FaultyFiles(nodePorts.files, (operation) => {
        if (isAdoption(operation)) adopted++;
        const fails = operation.kind === "handle.write" && operation.path.includes("/bases-0/") && failures-- > 0;
        return fails ? fault("ENOSPC", "no space left on device") : undefined;
      });
      const { job, events } = await startNoted(counting(collect(), 300), stateDir, { backend: "heap", ports: { ...nodePorts, files } });
      await until(() => adopted > 0 || job.status().state === "finished");
      expect((await job.stop()).restarts).toBe(0);
      expect(countOf(events, "checkpointFailed")).toBe(2);
      expect(adopted).toBeGreaterThan(0);
      expect(await readdir(join(stateDir, "local"))).toEqual([]);
    }));

  it("for which a file of a checkpoint is damaged are made from memory, and the damage is told", () =>
    inDirectory(async (stateDir) => {
      let damaged: string | undefined;
      const isMisread = (path: string): boolean => {
        if (path.endsWith(".delta")) damaged ??= path;
        return path === damaged;
      };
      const ports = { ...nodePorts, files: misreading(nodePorts.files, isMisread) };
      const sink = collect<string>();
      const { job, events } = await startNoted(counting(sink, 1_500), stateDir, { backend: "heap", ports });
      expect((await job.finished).restarts).toBe(0);
      const failed = events.filter((event) => event.kind === "checkpointFailed");
      expect(failed).toHaveLength(1);
      expect(JSON.stringify(failed, (_, value) => (value instanceof Error ? `${value}` : value))).toContain(damaged?.split("/").at(-1));
      expectSame([...sink.values], await expected());
    }));
});

function handleOf(handle: FileHandle): FileHandle {
  return {
    read: (into, position) => handle.read(into, position),
    readSync: (into, position) => handle.readSync(into, position),
    write: (bytes) => handle.write(bytes),
    truncate: (length) => handle.truncate(length),
    stat: () => handle.stat(),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** Files of which one is read otherwise than it was written. */
function misreading(files: Files, isMisread: (path: string) => boolean): Files {
  return Object.assign(Object.create(files) as Files, {
    open: async (path: string, mode: Parameters<Files["open"]>[1]) => {
      const handle = await files.open(path, mode);
      if (mode !== "read" || !isMisread(path)) return handle;
      const read = async (into: Uint8Array, position: number): Promise<number> => {
        const length = await handle.read(into, position);
        into[length >> 1] = (into[length >> 1] ?? 0) ^ 1;
        return length;
      };
      return { ...handleOf(handle), read };
    },
  } satisfies Partial<Files>);
}
