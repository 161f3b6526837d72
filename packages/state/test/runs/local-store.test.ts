import { crc32 } from "node:zlib";
import type { WrittenBase } from "@millrace/contracts";
import { assert, MillraceError, seededRandom } from "@millrace/core";
import type { VolatileDisk } from "@millrace/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FileHeader, readHeader } from "../../src/format/file-header.ts";
import { RecordParser } from "../../src/format/record-parser.ts";
import type { LocalStore } from "../../src/index.ts";
import { type Change, type Contents, follow, framesOf, KEY_GROUPS, keyBytes, keyOf, textOf } from "../records.ts";
import { directory, emptyDisk, openStore } from "./volatile-store.ts";

async function contentsOf(store: LocalStore): Promise<Contents> {
  const snapshot = store.snapshot();
  const contents: Contents = new Map();
  let last: Uint8Array | undefined;
  for await (const records of snapshot.records("op")) {
    for (const [key, stored] of records) {
      if (last !== undefined) expect(Buffer.compare(last, key)).toBe(-1);
      last = key;
      contents.set(keyOf(key), textOf(stored));
    }
  }
  await snapshot.close();
  const inOrder = [...store.operator("op").range(Uint8Array.of(0), Uint8Array.of(0xff))];
  expect(inOrder).toHaveLength(contents.size);
  for (const [key, value] of contents) expect(lookUp(store, key)).toBe(value);
  return contents;
}

function lookUp(store: LocalStore, key: string): string | undefined {
  const stored = store.operator("op").get(keyBytes(key));
  return stored === undefined ? undefined : textOf(stored);
}

function headerOf(checkpointId: number): FileHeader {
  return { formatVersion: 1, uid: "op", checkpointId, keyGroups: KEY_GROUPS, entries: 0, states: [] };
}

function baseContents(bytes: Uint8Array): { readonly checkpointId: number; readonly contents: Contents } {
  const contents: Contents = new Map();
  let checkpointId = 0;
  const parser = new RecordParser((key, stored) => {
    if (stored === undefined) throw new Error("a base holds no tombstone");
    if (key.length === 0) checkpointId = readHeader(stored).checkpointId;
    else contents.set(keyOf(key), textOf(stored));
  });
  parser.push(bytes);
  parser.end();
  return { checkpointId, contents };
}

async function checkpoint(store: LocalStore, id: number, changes: readonly Change[]): Promise<void> {
  await store.add("op", undefined, framesOf(changes));
  await store.setMarker({ kind: "applied", checkpoint: id });
}

/** Waits for merges under way. */
async function quiet(store: LocalStore): Promise<void> {
  const operator = store.operator("op");
  for (let calm = 0; calm < 3; calm = operator.merging ? 0 : calm + 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

const change = fc.tuple(
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "d") }),
  fc.option(fc.string(), { nil: undefined }),
);
const deltas = fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 25 });

describe("a local store of sorted runs", () => {
  test("holds what was put last, by key, in order and in a snapshot, whatever was merged, also for the next process", async () => {
    await fc.assert(
      fc.asyncProperty(deltas, async (all) => {
        const disk = await emptyDisk();
        const store = await openStore(disk);
        let contents: Contents = new Map();
        for (const [id, changes] of all.entries()) {
          await checkpoint(store, id + 1, changes);
          contents = follow(contents, changes);
          expect(await contentsOf(store)).toEqual(new Map([...contents]));
        }
        for (const key of ["a", "ab", "dddd"]) expect(lookUp(store, key)).toBe(contents.get(key));
        await quiet(store);
        await store.close();
        const next = await openStore(disk);
        expect(next.marker()).toEqual(all.length === 0 ? undefined : { kind: "applied", checkpoint: all.length });
        expect(await contentsOf(next)).toEqual(contents);
        await next.close();
      }),
      { numRuns: 20 },
    );
  });

  test("is merged so that runs stay few, and tombstones go with the oldest", async () => {
    const disk = await emptyDisk();
    const store = await openStore(disk);
    for (let id = 1; id <= 100; id++) await checkpoint(store, id, [[`key ${id}`, "x"]]);
    await quiet(store);
    expect(store.operator("op").all.length).toBeLessThan(12);
    for (let id = 1; id <= 100; id++) await checkpoint(store, 100 + id, [[`key ${id}`, undefined]]);
    await quiet(store);
    expect(await contentsOf(store)).toEqual(new Map());
    const names = await disk.list(directory);
    expect(names.filter((name) => name.endsWith(".run"))).toHaveLength(store.operator("op").all.length);
    await store.close();
  });

  test("gives a snapshot its files until it is closed, whatever is merged", async () => {
    const disk = await emptyDisk();
    const store = await openStore(disk);
    await checkpoint(store, 1, [["a", "old"]]);
    const snapshot = store.snapshot();
    for (let id = 2; id < 30; id++) await checkpoint(store, id, [["a", `new ${id}`]]);
    await quiet(store);
    const found: string[] = [];
    for await (const records of snapshot.records("op")) for (const [, stored] of records) found.push(textOf(stored));
    expect(found).toEqual(["old"]);
    expect(snapshot.marker()).toEqual({ kind: "applied", checkpoint: 1 });
    await snapshot.close();
    await store.close();
    const next = await openStore(disk);
    expect(await contentsOf(next)).toEqual(new Map([["a", "new 29"]]));
    await next.close();
  });

  test("writes a base as of its marker, whatever is applied meanwhile, and goes on with what it merged", async () => {
    await fc.assert(
      fc.asyncProperty(deltas, async (all) => {
        const disk = await emptyDisk();
        const store = await openStore(disk);
        let contents: Contents = new Map();
        const bases: { readonly written: Promise<WrittenBase>; readonly id: number; readonly contents: Contents }[] = [];
        for (const [index, changes] of all.entries()) {
          const id = index + 1;
          await store.add("op", headerOf(id), framesOf(changes));
          await store.setMarker({ kind: "applied", checkpoint: id });
          contents = follow(contents, changes);
          if (index % 4 === 1) bases.push({ written: store.writeBase("op"), id, contents });
        }
        for (const base of bases) {
          const { checkpointId, file } = await base.written;
          // It may have waited for a merge, and holds what was applied by then.
          expect(checkpointId).toBeGreaterThanOrEqual(base.id);
          const bytes = await disk.readFile(file.path);
          expect({ bytes: bytes.length, checksum: crc32(bytes).toString(16).padStart(8, "0") }).toEqual({
            bytes: file.bytes,
            checksum: file.checksum,
          });
          const held = follow(new Map(), all.slice(0, checkpointId).flat());
          expect(baseContents(bytes)).toEqual({ checkpointId, contents: held });
        }
        expect(await contentsOf(store)).toEqual(contents);
        await store.close();
        const next = await openStore(disk);
        expect(await contentsOf(next)).toEqual(contents);
        expect((await disk.list(directory)).filter((name) => name.endsWith(".base"))).toEqual([]);
        await next.close();
      }),
      { numRuns: 20 },
    );
  });

  test("that can't write a base says so, and is as good as before", async () => {
    const disk = await emptyDisk();
    const store = await openStore(disk);
    for (let id = 1; id <= 3; id++) {
      await store.add("op", headerOf(id), framesOf([[`key ${id}`, "x"]]));
      await store.setMarker({ kind: "applied", checkpoint: id });
    }
    await store.writeBase("op");
    disk.fault = { at: disk.operations + 2, kind: "fail", code: "ENOSPC" };
    await expect(store.writeBase("op")).rejects.toMatchObject({ code: "ENOSPC" });
    const { file } = await store.writeBase("op");
    expect(baseContents(await disk.readFile(file.path)).contents.size).toBe(3);
    await store.close();
  });

  test("after a crash at any operation of applying and merging holds one checkpoint or the next, whole", async () => {
    const changesOf = (id: number): Change[] =>
      Array.from({ length: 8 }, (_, index) => [`key ${(id * 3 + index) % 20}`, index % 4 === 0 ? undefined : `${id}`]);
    const states: Contents[] = [new Map()];
    for (let id = 1; id <= 9; id++) states.push(follow(states[id - 1] as Contents, changesOf(id)));
    const run = async (disk: VolatileDisk, reached: (id: number) => void): Promise<void> => {
      const store = await openStore(disk);
      for (let id = 1; id <= 9; id++) {
        await checkpoint(store, id, changesOf(id));
        reached(id);
        // A merge begins at six runs; let it come between two checkpoints.
        if (id === 7) await quiet(store);
      }
    };
    const calm = await emptyDisk();
    await run(calm, () => undefined);
    const operations = calm.operations;
    expect(operations).toBeGreaterThan(80);
    for (let at = 3; at <= operations; at += 1 + (at % 2)) {
      const disk = await emptyDisk();
      disk.fault = { at, kind: "crash", code: "EIO" };
      let completed = 0;
      await run(disk, (id) => {
        completed = id;
      }).catch(() => undefined);
      const after = disk.crash(seededRandom(at));
      const store = await openStore(after);
      const marker = store.marker()?.checkpoint ?? 0;
      assert(typeof marker === "number", "a marker is the id here");
      // The rename may have reached the disk before the call said so.
      expect([completed, completed + 1], `crash at ${at}`).toContain(marker);
      expect(await contentsOf(store), `crash at ${at}`).toEqual(states[marker]);
      await checkpoint(store, marker + 1, changesOf(marker + 1));
      await store.close();
      const next = await openStore(after);
      expect(await contentsOf(next)).toEqual(follow(states[marker] as Contents, changesOf(marker + 1)));
      await next.close();
    }
  });

  test("that was altered anywhere is found out when it is opened or where it is read", async () => {
    const random = seededRandom(7);
    const disk = await emptyDisk();
    const store = await openStore(disk);
    const changes: Change[] = Array.from({ length: 400 }, (_, index) => [`key ${index}`, `value ${index}`.repeat(5)]);
    await checkpoint(store, 1, changes);
    await store.close();
    const expected = follow(new Map(), changes);
    const paths = [...disk.contents.keys()];
    let silent = 0;
    for (let round = 0; round < 400; round++) {
      const path = paths[random.uint32() % paths.length] as string;
      const whole = disk.contents.get(path) as Uint8Array;
      const damaged = whole.slice(0, round % 5 === 0 ? random.uint32() % whole.length : whole.length);
      if (damaged.length === whole.length) {
        const at = random.uint32() % whole.length;
        damaged[at] = (damaged[at] as number) ^ (1 << (random.uint32() % 8));
      }
      disk.tamper(path, damaged);
      try {
        const next = await openStore(disk);
        try {
          for (const [key, value] of expected) {
            const stored = next.operator("op").get(keyBytes(key));
            // What is found is held against its checksum by whoever reads it.
            if (stored === undefined) throw new MillraceError("STATE_CORRUPT", "a record is missing");
            if (textOf(stored) !== value) throw new MillraceError("STATE_CORRUPT", "a value is another");
          }
          silent++;
        } finally {
          await next.close();
        }
      } catch (error) {
        expect(error).toMatchObject({ code: "STATE_CORRUPT" });
      }
      disk.tamper(path, whole);
    }
    // A flipped bit of a value is found by its own checksum only; none of these changed what is read.
    expect(silent).toBeLessThan(60);
  });
});
