import type { KeyGroupRange } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OperatorRuns } from "../../src/runs/operator-runs.ts";
import { joined } from "../../src/runs/pieces.ts";
import { Run } from "../../src/runs/run.ts";
import { RunFilling } from "../../src/runs/run-filling.ts";
import { type FilledRun, sortIntoRun } from "../../src/runs/store-work.ts";
import { type Change, type Contents, follow, framesOf, keyBytes, keyOf, textOf } from "../records.ts";

const all: KeyGroupRange = { start: 0, end: 0xffff };
const pathOf = (piece: number): string => `/${String(piece).padStart(6, "0")}.run`;

async function fill(disk: VolatileDisk, pieces: readonly (readonly Change[])[], keyGroups = all): Promise<readonly FilledRun[]> {
  const filling = new RunFilling(disk);
  const runs: FilledRun[] = [];
  for (const [index, piece] of pieces.entries()) runs.push(...(await filling.add({ path: pathOf(index), chunks: framesOf(piece), keyGroups })));
  runs.push(...(await filling.end()));
  await filling.close();
  return runs;
}

async function contentsOf(disk: VolatileDisk, runs: readonly FilledRun[]): Promise<Contents> {
  const operator = new OperatorRuns(() => undefined);
  for (const { path, records } of runs) if (records > 0) operator.stage(await Run.open(disk, path));
  const contents: Contents = new Map();
  for (const { key, stored } of operator.range(Uint8Array.of(0), Uint8Array.of(0xff))) {
    contents.set(keyOf(key), textOf(stored));
    expect(operator.get(key.slice())?.length).toBe(stored.length);
  }
  for (const run of operator.all) await run.letGo();
  return contents;
}

const bytewise = (a: Change, b: Change): number => Buffer.compare(keyBytes(a[0]), keyBytes(b[0]));
/** Records in the order of their keys, more than what stays in memory of a run. */
const wide = Array.from({ length: 900 }, (_, n): Change => [`key ${n}`, `${n} `.repeat(250)]).sort(bytewise);
const bytesOf = (changes: readonly Change[]): number => joined(framesOf(changes)).length;

const letters = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "d") });
const change = fc.tuple(letters, fc.option(fc.string(), { nil: undefined }));
/** Some of them in order. */
const piece = fc.array(change, { maxLength: 30 }).chain((changes) => {
  const ordered = [...new Map(changes)].sort(bytewise);
  return fc.constantFrom(changes, ordered, ordered.slice(0, ordered.length / 2), ordered.slice(ordered.length / 2));
});

describe("a file that is taken in piece by piece", () => {
  test("says of each key what its last record says, in whatever order the pieces are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const disk = new VolatileDisk();
        const runs = await fill(disk, pieces);
        expect(await contentsOf(disk, runs)).toEqual(follow(new Map(), pieces.flat()));
        const names = await disk.list("/");
        expect(names.map((name) => `/${name}`)).toEqual(runs.map(({ path }) => path));
      }),
    );
  });

  test("becomes one run when it is in order, the same as if all of it had been sorted", async () => {
    const pieces = [wide.slice(0, 300), wide.slice(300, 310), wide.slice(310, 320), wide.slice(320)];
    expect(pieces.map(bytesOf).filter((bytes) => bytes > limits.heldRunBytesMax)).toHaveLength(2);
    const disk = new VolatileDisk();
    expect(await fill(disk, pieces)).toMatchObject([{ path: pathOf(0), records: wide.length }]);
    await sortIntoRun(disk, { path: "/sorted", chunks: framesOf(wide.toReversed()), keyGroups: all });
    expect(Buffer.compare(await disk.readFile(pathOf(0)), await disk.readFile("/sorted"))).toBe(0);
  });

  test("begins another run behind what is not in order", async () => {
    const disk = new VolatileDisk();
    const newer: Change[] = [...wide.slice(100, 500)].map(([key]) => [key, undefined]);
    const mixed = newer.toReversed();
    const runs = await fill(disk, [wide.slice(0, 400), wide.slice(400), newer, mixed, mixed]);
    expect(runs.map(({ path, records }) => [path, records])).toEqual([
      [pathOf(0), wide.length],
      [pathOf(2), newer.length],
      [pathOf(3), mixed.length],
      [pathOf(4), mixed.length],
    ]);
    expect(await contentsOf(disk, runs)).toEqual(follow(new Map(), [...wide, ...newer]));
  });

  test("leaves out other key groups, wherever they lie", async () => {
    const disk = new VolatileDisk();
    const pieces = [wide.slice(0, 450), wide.slice(450)];
    expect(await fill(disk, pieces, { start: 3, end: 6 })).toEqual([]);
    const some = wide.map(([key, value], n): Change => [`${String.fromCharCode(97 + (n % 10))}${key}`, value]).sort(bytewise);
    const runs = await fill(disk, [some.slice(0, 500), some.slice(500)], { start: 3, end: 6 });
    const kept = some.filter(([key]) => key.charCodeAt(0) % 10 >= 3 && key.charCodeAt(0) % 10 <= 6);
    expect(runs).toMatchObject([{ records: kept.length }]);
    expect(await contentsOf(disk, runs)).toEqual(follow(new Map(), kept));
  });

  test("leaves nothing behind when it is given up, or when the disk is full", async () => {
    const disk = new VolatileDisk();
    const filling = new RunFilling(disk);
    await filling.add({ path: pathOf(0), chunks: framesOf(wide), keyGroups: all });
    await filling.close();
    expect(await disk.list("/")).toEqual([]);
    for (let at = 1; at < 8; at++) {
      const full = new VolatileDisk();
      full.fault = { at, kind: "fail", code: "ENOSPC" };
      const failing = new RunFilling(full);
      const run = async (): Promise<void> => {
        for (const half of [wide.slice(0, 400), wide.slice(400)]) await failing.add({ path: pathOf(0), chunks: framesOf(half), keyGroups: all });
        await failing.end();
      };
      await expect(run(), `at ${at}`).rejects.toMatchObject({ code: "ENOSPC" });
      await failing.close();
      expect(await full.list("/"), `at ${at}`).toEqual([]);
    }
  });
});
