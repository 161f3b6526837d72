import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generatorOptions } from "./generator/options.ts";
import { measure } from "./measure.ts";
import type { Side } from "./sides/side.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-nexmark-out-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Every subtask writes its own number. */
const numbers: Side = {
  name: "millrace",
  async run({ out, parallelism }) {
    for (let subtask = 0; out !== undefined && subtask < parallelism; subtask++) {
      await writeFile(subtask === 0 ? out : `${out}.${subtask}`, `${subtask}\n`);
    }
    return { events: 1, seconds: 1, cpuSeconds: 1, rows: parallelism, peakRssMb: 1 };
  },
};

async function written(parallelism: number): Promise<string> {
  const order = { query: "q0", generator: generatorOptions({}), premade: 0, state: "heap", parallelism, checkpointIntervalMs: 0 } as const;
  await measure([numbers], order, { seconds: undefined, rounds: 1, out: directory });
  return await readFile(join(directory, "q0.jsonl"), "utf8");
}

test("the rows of all subtasks come into one file, in their order", async () => {
  expect(await written(12)).toBe(Array.from({ length: 12 }, (_, subtask) => `${subtask}\n`).join(""));
  expect(await readdir(directory)).toEqual(["q0.jsonl"]);
});

test("what an earlier run left of the query is gone, and nothing else", async () => {
  for (const name of ["q0.jsonl", "q0.jsonl.1", "q0.jsonl.7", "q0.jsonl.gz", "q1.jsonl"]) await writeFile(join(directory, name), "old\n");
  expect(await written(2)).toBe("0\n1\n");
  expect((await readdir(directory)).toSorted()).toEqual(["q0.jsonl", "q0.jsonl.gz", "q1.jsonl"]);
});
