import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { compareSnapshots, inspectSnapshot, openSnapshotReader, type SnapshotEntry, type SnapshotReader } from "@millrace/snapshots";
import type { JobHandle } from "millrace";
import { describe, expect, it } from "vitest";
import { type Reading, readings } from "../engine/jobs.ts";
import { inDirectory, startNoted, until } from "../engine/support.ts";
import { expectedState, knownStateJob } from "./known-state.ts";

const input = readings(6_000, 33).map((reading, index) => ({ ...reading, value: index % 23 }));

async function runAll(directory: string, name: string, read: readonly Reading[], options: Parameters<typeof startNoted>[2] = {}): Promise<JobHandle> {
  const { job } = await startNoted(knownStateJob(read), join(directory, name), { checkpointIntervalMs: 20, ...options });
  await until(() => (job.status().operators.find((operator) => operator.uid === "kept")?.recordsIn ?? 0) === read.length);
  return job;
}

function open(directory: string, path: string, memoryBytesMax?: number): Promise<SnapshotReader> {
  return openSnapshotReader(nodePorts.files, path, join(directory, "scratch"), memoryBytesMax);
}

async function linesOf(reader: SnapshotReader): Promise<string[]> {
  const lines: string[] = [];
  for await (const entries of reader.entries()) lines.push(...entries.map(lineOf));
  return lines.sort();
}

function lineOf({ uid, state, kind, key, namespace, mapKey, index, time, domain, value, writtenAtMs }: SnapshotEntry): string {
  expect(writtenAtMs === undefined, "times are there where they belong").toBe(state !== "lived");
  if (uid === "tops" && kind !== "timer") return `tops ${JSON.stringify(key)} ${namespace} ${JSON.stringify(value)}`;
  if (kind === "timer") return `${uid} ${state} ${JSON.stringify(key)} ${domain} ${time}`;
  const place = mapKey ?? index;
  return `${uid} ${state} ${JSON.stringify(key)} ${place === undefined ? "" : `${place} `}${JSON.stringify(value)}`;
}

describe("a snapshot is read entry by entry", () => {
  for (const [backend, parallelism] of [
    ["heap", 1],
    ["disk", 3],
  ] as const) {
    it(`with its own types, from checkpoints and savepoints, in memory and on disk (${backend}, ${parallelism})`, () =>
      inDirectory(async (directory) => {
        const job = await runAll(directory, "state", input, { backend, parallelism });
        const { savepoint } = await job.stop({ savepoint: true });
        const expected = expectedState(input);
        for (const path of [savepoint?.path ?? "", join(directory, "state")]) {
          for (const memory of [undefined, 0]) {
            const reader = await open(directory, path, memory);
            expect(await linesOf(reader), path).toEqual(expected);
          }
        }
        expect((await nodePorts.files.list(directory)).includes("scratch")).toBe(false);
      }));
  }

  it("by key, and refuses keys, states and uids that it does not have", () =>
    inDirectory(async (directory) => {
      const job = await runAll(directory, "state", input, { parallelism: 2 });
      const { path } = await job.savepoint();
      await job.cancel();
      const reader = await open(directory, path);
      const { sensor, value } = input[17] as Reading;
      const key = [sensor, value % 10];
      const own = input.filter((reading) => reading.sensor === sensor && reading.value % 10 === value % 10).map((reading) => reading.at);
      const found: SnapshotEntry[] = [];
      for await (const entries of reader.entries({ uid: "kept", state: "values", key })) found.push(...entries);
      expect(found.sort((a, b) => (a.index ?? 0) - (b.index ?? 0)).map((entry) => entry.value)).toEqual(own);
      const first = async (filter: Parameters<SnapshotReader["entries"]>[0]) => (await reader.entries(filter).next()).value;
      expect(await first({ uid: "kept", state: "last", key: ["nobody", 1] })).toBeUndefined();
      await expect(first({ uid: "kept", state: "last", key: "s1" })).rejects.toMatchObject({ code: "STATE_KEY" });
      await expect(first({ uid: "kept", state: "lost" })).rejects.toMatchObject({ code: "SNAPSHOT_STATE", hint: expect.stringContaining("values") });
      await expect(first({ uid: "nobody" })).rejects.toMatchObject({ code: "SNAPSHOT_UID", hint: "with keyed state: kept, tops" });
    }));

  it("and summed up", () =>
    inDirectory(async (directory) => {
      const job = await runAll(directory, "state", input, { parallelism: 2 });
      const { path } = await job.savepoint();
      await job.cancel();
      const found = await inspectSnapshot(await open(directory, path));
      expect(found.damage).toEqual([]);
      const kept = found.operators.find((operator) => operator.uid === "kept");
      const count = (word: string) => expectedState(input).filter((line) => line.startsWith(`kept ${word} `)).length;
      for (const name of ["last", "lived", "seen", "values", "most", "user-timers"]) {
        expect(kept?.keyed?.states.find((state) => state.name === name)?.entries, name).toBe(count(name));
      }
      expect(kept?.keyed?.keyKind).toBe("[string, number]");
      expect(kept?.keyed?.keyGroups.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(kept?.keyed?.states.reduce((sum, { bytes }) => sum + bytes, 0));
    }));

  it("and compared with another", () =>
    inDirectory(async (directory) => {
      const paths: string[] = [];
      const other = input.map((reading, index) => (index === 100 ? { ...reading, sensor: "s99" } : reading));
      for (const [name, read] of Object.entries({ first: input, second: other })) {
        const job = await runAll(directory, name, read, { parallelism: name === "first" ? 1 : 3 });
        paths.push((await job.savepoint()).path);
        await job.cancel();
      }
      const [first, second] = await Promise.all(paths.map((path) => open(directory, path)));
      const same = await compareSnapshots(first as SnapshotReader, first as SnapshotReader);
      expect(same.every(({ added, removed, changed }) => added + removed + changed === 0)).toBe(true);
      expect(same.find(({ state }) => state === "last")?.same).toBe(new Set(input.map(({ sensor, value }) => `${sensor} ${value % 10}`)).size);
      const moved = await compareSnapshots(first as SnapshotReader, second as SnapshotReader);
      const of = (name: string) => moved.find(({ uid, state }) => uid === "kept" && state === name);
      // The moved reading's old key lost an element, its new key is new.
      expect(of("values")).toMatchObject({ added: 1, removed: 0, changed: 1 });
      expect(of("seen")).toMatchObject({ added: 1, removed: 0, changed: 1 });
      expect(of("last")).toMatchObject({ added: 1, removed: 0, changed: 0 });
      const back = await compareSnapshots(second as SnapshotReader, first as SnapshotReader);
      expect(back.find(({ uid, state }) => uid === "kept" && state === "values")).toMatchObject({ added: 0, removed: 1, changed: 1 });
    }));
});
