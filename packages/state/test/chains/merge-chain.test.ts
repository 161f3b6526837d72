import { crc32 } from "node:zlib";
import type { DataFile } from "@millrace/contracts";
import { seededRandom } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeChain } from "../../src/chains/merge-chain.ts";
import { type Change, type Contents, follow } from "../records.ts";
import { checkpoints, headerOf, readBase, storageOn, writeFile } from "./chain-files.ts";

const path = "/state/local/000001.base";

async function emptyDisk(): Promise<VolatileDisk> {
  const disk = new VolatileDisk();
  await disk.makeDirectory("/state/local");
  return disk;
}

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "c", "d") }),
  fc.option(fc.string({ maxLength: 40 }), { nil: undefined }),
);

/** A base without tombstones, each key once, or with whatever comes; then deltas, in which a key may stand twice. */
const chains = fc.record({
  distinct: fc.boolean(),
  base: fc.array(change, { maxLength: 60 }),
  deltas: fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 5 }),
  partBytesMax: fc.constantFrom(1, 300, 1 << 20),
});

function distinctOf(changes: readonly Change[]): Change[] {
  return [...follow(new Map(), changes)];
}

test("a base and deltas become what they say together, each key once, whatever they are and in as many parts as it takes", async () => {
  await fc.assert(
    fc.asyncProperty(chains, async ({ distinct, base, deltas, partBytesMax }) => {
      const disk = await emptyDisk();
      const storage = storageOn(disk);
      const first = distinct ? distinctOf(base) : base;
      const files = [await writeFile(storage, 1, first, distinct)];
      let expected = follow(new Map(), first);
      for (const [index, delta] of deltas.entries()) {
        files.push(await writeFile(storage, 2 + index, delta));
        expected = follow(expected, delta);
      }
      const sum = await mergeChain(disk, { checkpoints, files, path }, () => false, partBytesMax);
      const bytes = await disk.readFile(path);
      const { header, contents } = readBase(bytes);
      expect(contents).toEqual(expected);
      expect(header).toEqual(headerOf(1 + deltas.length, true));
      expect(sum).toEqual({ bytes: bytes.length, crc32: crc32(bytes) });
    }),
    { numRuns: 400 },
  );
});

async function longChain(disk: VolatileDisk): Promise<{ files: DataFile[]; expected: Contents }> {
  const random = seededRandom(5);
  const storage = storageOn(disk);
  let expected: Contents = new Map();
  const files: DataFile[] = [];
  for (let checkpoint = 1; checkpoint <= 6; checkpoint++) {
    const changes = Array.from({ length: 4000 }, (_, index): Change => {
      const key = `${checkpoint === 1 ? index : random.uint32() % 9000}`;
      return [key, checkpoint > 1 && index % 5 === 0 ? undefined : `${key} of ${checkpoint} ${"x".repeat(index % 300)}`];
    });
    files.push(await writeFile(storage, checkpoint, changes, checkpoint === 1));
    expected = follow(expected, changes);
  }
  return { files, expected };
}

test("files of many pieces, and a record larger than any of them", async () => {
  const disk = await emptyDisk();
  const { files, expected } = await longChain(disk);
  const large: Change[] = [
    ["large", "y".repeat(5 << 20)],
    ["5", undefined],
  ];
  files.push(await writeFile(storageOn(disk), 7, large));
  await mergeChain(disk, { checkpoints, files, path }, () => false);
  expect(readBase(await disk.readFile(path)).contents).toEqual(follow(expected, large));
});

describe("that can't be made", () => {
  test("of a damaged file, wherever the damage is, is refused by name, and nothing is left", async () => {
    const disk = await emptyDisk();
    const { files } = await longChain(disk);
    for (const [index, file] of files.entries()) {
      const name = `${checkpoints}/data/${file.name}`;
      const whole = await disk.readFile(name);
      for (const at of [0, 40 + index * 1000, whole.length - 3]) {
        const damaged = whole.slice();
        damaged[at] = (damaged[at] as number) ^ 0x10;
        await rewrite(disk, name, damaged);
        await expect(mergeChain(disk, { checkpoints, files, path }, () => false)).rejects.toMatchObject({
          code: expect.stringMatching(/^(CHECKPOINT|STATE)_CORRUPT$/),
        });
        expect(await disk.stat(path)).toBeUndefined();
      }
      await rewrite(disk, name, whole);
    }
    await disk.remove(`${checkpoints}/data/${files[3]?.name}`);
    await expect(mergeChain(disk, { checkpoints, files, path }, () => false)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
  });

  test("since nobody waits for it any more leaves nothing, at whatever moment", async () => {
    const disk = await emptyDisk();
    const { files } = await longChain(disk);
    let asked = 0;
    await mergeChain(disk, { checkpoints, files, path }, () => ++asked === 0);
    expect(asked).toBeGreaterThan(5);
    for (let moment = 1; moment <= asked; moment++) {
      let left = moment;
      await expect(mergeChain(disk, { checkpoints, files, path }, () => --left === 0)).rejects.toThrow("closed");
      expect(await disk.stat(path)).toBeUndefined();
    }
  });
});

async function rewrite(disk: VolatileDisk, name: string, bytes: Uint8Array): Promise<void> {
  const handle = await disk.open(name, "write");
  await handle.write(bytes);
  await handle.close();
}
