import { describe, it } from "vitest";
import { runNarrow } from "./narrow-run.ts";

// A failing seed is in the message; `pnpm soak:exchange --jobs` goes on for as long as one likes.
const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 100_000);

describe(`a random job over threads with room for one element in each channel (seed ${seed})`, () => {
  it("publishes what it does with ordinary channels, whatever stands still for a while", { timeout: 90_000 }, () => runNarrow(seed, 200, 80_000));
});
