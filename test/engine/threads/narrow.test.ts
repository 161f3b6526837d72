import { describe, it } from "vitest";
import { runNarrow } from "./narrow-run.ts";

// One seed, which is in the message; `pnpm soak:exchange --jobs` draws others, for as long as one likes.
const seed = Number(process.env.MILLRACE_SEED ?? 1);

describe(`a random job over threads with room for one element in each channel (seed ${seed})`, () => {
  it("publishes what it does with ordinary channels, whatever stands still for a while", { timeout: 250_000 }, () => runNarrow(seed, 200, 240_000));
});
