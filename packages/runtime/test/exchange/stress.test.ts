import { describe, it } from "vitest";
import { stress } from "./stress.ts";

// A failing seed is in the message; `pnpm soak:exchange` goes on for as long as one likes.
const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 100_000);

describe(`threads that send to each other (seed ${seed})`, () => {
  it("get everything in order, with room for one element in each channel and elements longer than a ring", { timeout: 60_000 }, () =>
    stress({ threads: 3, edges: 2, elements: 150, seed, sizes: { bounds: { records: 1, bytes: 1 }, ringBytes: 4_096 } }, 50_000),
  );

  it("get everything in order with ordinary rings", { timeout: 60_000 }, () =>
    stress({ threads: 2, edges: 3, elements: 1_500, seed, sizes: {} }, 50_000),
  );
});
