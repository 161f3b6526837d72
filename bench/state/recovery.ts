import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RecoveryOptions {
  readonly keys: number;
  readonly valueBytes: number;
  readonly memoryMb: number;
}

export interface Recovery {
  readonly how: string;
  readonly built: boolean;
  /** Process start to the first new record that leaves the keyed function. */
  readonly firstOutputMs: readonly number[];
}

const RUNS = 3;
/** What users start is built; loading the sources takes half a second more. */
const built = existsSync(join(import.meta.dirname, "../../packages/millrace/dist/index.js"));

/** Builds the state, kills the process with SIGKILL, and starts it again; each start works on a copy. */
export async function measureRecovery(options: RecoveryOptions): Promise<readonly Recovery[]> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-recovery-"));
  const whole = join(directory, "whole");
  await build(whole, options);
  const times = async (change: (copy: string) => Promise<void>): Promise<number[]> => {
    const all: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const copy = join(directory, "copy");
      await cp(whole, copy, { recursive: true });
      await change(copy);
      all.push(await firstOutput(copy, options));
      await rm(copy, { recursive: true });
    }
    return all;
  };
  const warm = await times(async () => undefined);
  const lost = await times((copy) => rm(join(copy, "local"), { recursive: true }));
  await rm(directory, { recursive: true, force: true });
  return [
    { how: "with the local store", built, firstOutputMs: warm },
    { how: "from the checkpoint alone", built, firstOutputMs: lost },
  ];
}

/** Runs until every key has been seen and a checkpoint has come after that, then kills. */
async function build(state: string, options: RecoveryOptions): Promise<void> {
  const { child, said } = start(state, options, options.keys);
  await said("built");
  await killed(child);
}

async function firstOutput(state: string, options: RecoveryOptions): Promise<number> {
  const begun = performance.now();
  const { child, said } = start(state, options, 0);
  await said("output");
  const ms = performance.now() - begun;
  await killed(child);
  return Math.round(ms);
}

function start(state: string, options: RecoveryOptions, until: number): { child: ChildProcess; said: (word: string) => Promise<void> } {
  const victim = join(import.meta.dirname, "recovery-victim.ts");
  const child = spawn(process.execPath, [...(built ? [] : ["--conditions=millrace-source"]), victim, state, JSON.stringify({ ...options, until })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let heard = "";
  const waiting: { readonly word: string; readonly resolve: () => void }[] = [];
  child.stdout?.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
    for (const { word, resolve } of waiting) if (heard.includes(word)) resolve();
  });
  return { child, said: (word) => new Promise((resolve) => waiting.push({ word, resolve })) };
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.kill("SIGKILL");
  });
}
