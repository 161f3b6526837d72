import { describe, expect, it } from "vitest";
import type { SourceChange } from "../src/canaries/plant.ts";
import { runSeed, type SeedResult } from "../src/run-seed.ts";
import { seedResults } from "../src/seed-pool.ts";

async function collected(results: AsyncIterable<SeedResult>): Promise<SeedResult[]> {
  const all: SeedResult[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe("seeds on several threads", () => {
  it("have the results that they have on this one, in their order", async () => {
    const found = await collected(seedResults({ first: 3, count: 7, threads: 3, changes: [], tight: false, isOver: () => false }));
    const wanted: SeedResult[] = [];
    for (let seed = 3; seed < 10; seed++) wanted.push(await runSeed(seed));
    expect(found).toEqual(wanted);
  });

  it("are not begun any more when it is over", async () => {
    let begun = 0;
    const found = await collected(seedResults({ first: 1, count: 100, threads: 2, changes: [], tight: false, isOver: () => ++begun > 3 }));
    expect(found.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  });

  it("go through pages of state where limits are small, which changes no result", async () => {
    const firstMap = {
      path: "packages/state/src/pages/paged-entries.ts",
      find: "    this.pages.add(entries);",
      replace: '    throw new Error("in pages");',
    };
    const tight = (changes: readonly SourceChange[]) =>
      collected(seedResults({ first: 1, count: 12, threads: 2, changes, tight: true, isOver: () => false }));
    expect((await tight([])).flatMap(({ fault }) => fault ?? [])).toEqual([]);
    expect((await tight([firstMap])).flatMap(({ fault }) => fault ?? []).join()).toContain("in pages");
  }, 120_000);

  it("tell which of them ended its thread", async () => {
    const change = {
      path: "apps/sim/src/run-seed.ts",
      find: "  const judging = drawJudging(seed);",
      replace: '  if (seed === 5) throw new Error("no such seed");\n  const judging = drawJudging(seed);',
    };
    const results = collected(seedResults({ first: 4, count: 3, threads: 2, changes: [change], tight: false, isOver: () => false }));
    await expect(results).rejects.toThrow("seed 5 ended its thread: no such seed");
  });
});
