import { inspect } from "node:util";
import type { JobDefinition } from "@millrace/api";
import { seededRandom } from "@millrace/core";
import { checkTestOptions } from "./check-options.ts";
import { JobTest, type JobTestOptions, type JobTestResult, type Life, runJob } from "./run-job.ts";

export interface VerifyJobOptions extends Omit<JobTestOptions, "parallelism"> {
  /** Parallelisms that the job runs at and is restored at. Default 1 and 3. */
  readonly parallelisms?: readonly number[];
  /** Places in the input where the job is stopped, and where it dies; spread evenly. Default 8. */
  readonly positionsMax?: number;
}

/**
 * Runs a job undisturbed, at several parallelisms, and with its process stopped or killed at places all over its input and
 * begun anew at another parallelism; throws when what it published differs, whatever the order. Returns the undisturbed
 * run's result. A job whose results depend on the clock, on randomness or on the order between keys is not for it.
 */
export async function verifyJob(definition: JobDefinition, options: VerifyJobOptions = {}): Promise<JobTestResult> {
  checkTestOptions(options);
  const { parallelisms = [1, 3], positionsMax = 8, seed = 1 } = options;
  const plain = await runJob(definition, { ...options, parallelism: parallelisms[0] ?? 1 });
  const wanted = goldenText(plain.outputs);
  const check = (how: string, { outputs }: JobTestResult): void => refuse(how, wanted, goldenText(outputs));
  for (const parallelism of parallelisms.slice(1)) {
    check(`at parallelism ${parallelism}`, await runJob(definition, { ...options, parallelism }));
  }
  const random = seededRandom(seed);
  const positions = Array.from({ length: positionsMax }, (_, index) => index / positionsMax);
  for (const [index, share] of positions.entries()) {
    const [before = 1, after = 1] = [parallelisms[index % parallelisms.length], parallelisms[(index + 1) % parallelisms.length]];
    const ways: readonly (readonly [name: string, interrupt: (life: Life) => Promise<void>])[] = [
      ["stopped", stopAt(share)],
      ["killed", dieAt(share, random.uint32() % 15)],
    ];
    for (const [name, interrupt] of ways) {
      const test = await JobTest.begin(definition, options);
      // A job without inputs of the test may be at its end by then.
      const over = await test.life(before, interrupt);
      if (!over) await test.life(after, (life) => life.finish());
      check(`${name} after ${Math.round(share * 100)} % of its input at parallelism ${before}, and begun again at ${after}`, test.result());
    }
  }
  return plain;
}

function stopAt(share: number): (life: Life) => Promise<void> {
  return async (life) => {
    await life.feed(share, 25);
    await life.stop();
  };
}

/** Some of the input is behind a checkpoint by then, and some is not. */
function dieAt(share: number, ms: number): (life: Life) => Promise<void> {
  return async (life) => {
    await life.feed(share / 2, 25);
    await life.feed(share, ms);
    life.die();
  };
}

/** Outputs as text, the same for equal values in whatever order: for comparing, and for files of golden outputs. */
export function goldenText(outputs: JobTestResult["outputs"]): string {
  const sinks = Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return sinks
    .map(
      ([uid, values]) =>
        `${uid}\n${values
          .map((value) => `  ${textOf(value)}\n`)
          .sort()
          .join("")}`,
    )
    .join("");
}

function textOf(value: unknown): string {
  return inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: null, breakLength: Number.POSITIVE_INFINITY });
}

function refuse(how: string, wanted: string, found: string): void {
  if (wanted === found) return;
  const [want, got] = [wanted.split("\n"), found.split("\n")];
  const at = want.findIndex((line, index) => line !== got[index]);
  const place = at < 0 ? want.length : at;
  throw new Error(`the job publishes something else ${how}:\nwanted ${want[place] ?? "nothing more"}\nfound  ${got[place] ?? "nothing more"}`);
}
