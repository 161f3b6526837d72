import type { JobDefinition } from "@millrace/api";
import { type Json, MillraceError } from "@millrace/core";
import { type JobHandle, type JobResult, startJob } from "@millrace/host";
import { type SimulatedPorts, simulatedPorts } from "@millrace/testkit";
import { checkTestOptions } from "./check-options.ts";
import { Feed } from "./fed-source.ts";
import { type TestInputs, TestSinks, underTest } from "./job-under-test.ts";
import { TestProcess } from "./test-process.ts";

export interface JobTestOptions {
  /** Values in place of what a source reads, by its uid, in this order. Other sources read as they do, files from `files`. */
  readonly inputs?: TestInputs;
  /** Texts of files that the job reads, by path; there are no others. */
  readonly files?: Readonly<Record<string, string>>;
  readonly parameters?: { readonly [name: string]: Json };
  /** Subtasks of every operator, all in this thread. Default 1. */
  readonly parallelism?: number;
  /** Decides all that is random. Default 1. */
  readonly seed?: number;
  /** The first reading of the clock, in milliseconds since 1970. Default: 2024-01-01. */
  readonly startMs?: number;
  /** How long the job runs at most, in milliseconds of its clock; then it is drained. Without it, it has to end within an hour. */
  readonly forMs?: number;
}

export interface JobTestResult {
  /** What each sink published, by its uid, in the order of publishing. */
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
  /** How long the job ran by its own clock. */
  readonly durationMs: number;
}

const CHECKPOINT_MS = 10;
/** Of a job that runs for days, about so many are taken. */
const CHECKPOINTS_MAX = 50;

/**
 * Runs a job in simulated time, which passes as fast as the job computes, with files in memory. Every record makes the round
 * trip through the codec between any two nodes. Rejects when the job fails.
 *
 *     const { outputs } = await runJob(job, { inputs: { readings: [{ at: 1, value: 2 }] } });
 *     expect(outputs.out).toEqual([…]);
 */
export async function runJob(definition: JobDefinition, options: JobTestOptions = {}): Promise<JobTestResult> {
  const test = await JobTest.begin(definition, options);
  await test.life(options.parallelism ?? 1, (life) => life.finish());
  return test.result();
}

/** One process that runs the job. */
export interface Life {
  /** So much of each input may be read, 0 to 1; then so many milliseconds go by. */
  feed(share: number, ms: number): Promise<void>;
  /** To the end. */
  finish(): Promise<void>;
  /** A last checkpoint, and an end in order. */
  stop(): Promise<void>;
  /** At once, as by a power cut. */
  die(): void;
}

/** A job with its world, which outlives the processes that run the job. */
export class JobTest {
  readonly #definition: JobDefinition;
  readonly #options: JobTestOptions;
  readonly #world: SimulatedPorts;
  readonly #startedMs: number;
  readonly #sinks = new TestSinks();
  #lives = 0;
  #endedMs: number | undefined;

  static async begin(definition: JobDefinition, options: JobTestOptions): Promise<JobTest> {
    checkTestOptions(options);
    const test = new JobTest(definition, options);
    for (const [path, text] of Object.entries(options.files ?? {})) await writeText(test.#world, path, text);
    return test;
  }

  private constructor(definition: JobDefinition, options: JobTestOptions) {
    const { seed = 1, startMs } = options;
    this.#definition = definition;
    this.#options = options;
    this.#world = simulatedPorts({ seed, ...(startMs === undefined ? {} : { startMs }) });
    this.#startedMs = this.#world.clock.now();
  }

  result(): JobTestResult {
    return { outputs: this.#sinks.outputs(), durationMs: (this.#endedMs ?? this.#world.clock.now()) - this.#startedMs };
  }

  /** Starts a process and lets `live` do something with it. True: the run has come to the end of its input. */
  async life(parallelism: number, live: (life: Life) => Promise<void>): Promise<boolean> {
    const feed = new Feed();
    const process = new TestProcess(this.#world, ++this.#lives);
    const { time } = this.#world;
    const { inputs = {}, parameters, forMs } = this.#options;
    const starting = startJob(this.#definition, {
      ...(parameters === undefined ? {} : { parameters }),
      ports: process.ports,
      machine: process.machine,
      stateDir: "/state",
      backend: "heap",
      dev: true,
      parallelism,
      checkpointIntervalMs: Math.max(CHECKPOINT_MS, (forMs ?? 0) / CHECKPOINTS_MAX),
      restart: { kind: "none" },
      transform: (graph) => underTest(graph, inputs, feed, this.#sinks),
    });
    const settled = <T>(promise: Promise<T>): Promise<T> => settledIn(this.#world, promise);
    const handle: JobHandle = await settled(starting);
    const { finished } = handle;
    let end: JobResult["end"] | undefined;
    let failure: { readonly error: unknown } | undefined;
    finished.then(
      (result) => {
        end = result.end;
        this.#endedMs = this.#world.clock.now();
      },
      (error: unknown) => {
        failure = { error };
      },
    );
    await live({
      feed: async (share, ms) => {
        feed.allow(share);
        await time.advance(ms);
      },
      finish: async () => {
        feed.allow(1);
        if (forMs !== undefined) {
          // A window of processing time that ends then fires when its last millisecond is over.
          await time.advance(forMs + 1);
          await settled(handle.stop({ savepoint: true, drain: true })).catch(ignoreEnded);
        }
        await settled(finished).catch((error: unknown) => {
          throw end === undefined && failure === undefined ? notOver(error) : error;
        });
      },
      stop: async () => {
        await settled(handle.stop());
      },
      die: () => process.die(),
    });
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
    return end === "finished";
  }
}

/** A job that has ended by itself is not to be stopped: how it ended is said by its end. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof MillraceError && error.code === "JOB_NOT_RUNNING")) throw error;
}

function notOver(cause: unknown): MillraceError {
  return new MillraceError("TEST_END", "the job has not come to its end in an hour of its clock", {
    hint: "say with forMs how long it runs, or look for what it waits for",
    cause,
  });
}

/** Lets time pass until a promise has settled. */
async function settledIn<T>({ time }: SimulatedPorts, promise: Promise<T>): Promise<T> {
  let over = false;
  promise.then(
    () => (over = true),
    () => (over = true),
  );
  await time.runUntil(() => over);
  return await promise;
}

async function writeText({ files }: SimulatedPorts, path: string, text: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  if (slash > 0) await files.makeDirectory(path.slice(0, slash));
  const file = await files.open(path, "write");
  await file.write(new TextEncoder().encode(text));
  await file.sync();
  await file.close();
  await files.syncDirectory(slash > 0 ? path.slice(0, slash) : "/");
}
