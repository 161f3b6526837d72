import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Files, Scheduler } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import {
  type Collector,
  type DataStream,
  discard,
  type JobDefinition,
  type JobEvent,
  type JobHandle,
  type Sink,
  type Source,
  type StartOptions,
  startJob,
  t,
  tumbling,
} from "millrace";
import { expect } from "vitest";
import { temporaryDirectory } from "./jobs.ts";
import { callsOf, pause, slowed } from "./slowed.ts";

export { pause, slowed };

/** Runs `body` in a directory of its own, which is gone afterwards. A failure of `body` may leave a job that still writes there: it is what is told. */
export async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory();
  const cleanUp = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await body(directory);
  } catch (error) {
    await cleanUp().catch(() => undefined);
    throw error;
  }
  await cleanUp();
}

/** Starts a job that takes checkpoints all the time and restarts at once, and notes what happens to it. */
export async function startNoted(
  definition: JobDefinition,
  stateDir: string,
  options: StartOptions = {},
): Promise<{ readonly job: JobHandle; readonly events: readonly JobEvent[] }> {
  const job = await startJob(definition, {
    stateDir,
    checkpointIntervalMs: 5,
    restart: { kind: "fixedDelay", attempts: 100, delayMs: 1 },
    ...options,
  });
  const events: JobEvent[] = [];
  job.on((event) => events.push(event));
  return { job, events };
}

export function countOf(events: readonly JobEvent[], kind: JobEvent["kind"]): number {
  return events.filter((event) => event.kind === kind).length;
}

/** The records that a file sink has published, of all runs. */
export async function published<T>(directory: string): Promise<T[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith("part-"));
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap((text) => text.split("\n").filter((line) => line !== "")).map((line) => JSON.parse(line) as T);
}

/** Looks again and again until it holds; the test's own timeout ends what never does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(2);
}

/** A scheduler under which nothing is waited for longer than so long: patience with what is stuck is short. */
export function impatient(longestMs: number): Scheduler {
  return {
    immediate: (task) => nodePorts.scheduler.immediate(task),
    after: (delayMs, task) => nodePorts.scheduler.after(Math.min(delayMs, longestMs), task),
  };
}

/** Until a checkpoint is being taken, and no longer than that. */
export async function untilInFlight(job: JobHandle): Promise<void> {
  while (job.status().checkpoint.inFlight === undefined) await new Promise((resolve) => setImmediate(resolve));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A sink that takes nothing before `isOpen`. */
export function heldUntil<T>(sink: Sink<T>, isOpen: () => boolean): Sink<T> {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      return { ...callsOf(writer), ready: () => (isOpen() ? writer.ready() : until(isOpen)) };
    },
  };
}

/** Takes records slowly and hands each to `write`. */
export function slowSink<T>(pauseMs = 1, write: (value: T) => void = () => undefined): Sink<T> {
  return slowed(observing(write), pauseMs);
}

/** A source whose enumerator answers the subtasks when it may, but those in `atOnce`. */
export function answeringLate<T>(source: Source<T>, mayAnswer: Promise<void>, atOnce: readonly number[] = []): Source<T> {
  return {
    ...source,
    createEnumerator: (context, restored) => {
      const enumerator = source.createEnumerator(context, restored);
      return {
        start: () => enumerator.start(),
        requestSplit: (subtask) => {
          if (atOnce.includes(subtask)) enumerator.requestSplit(subtask);
          else void mayAnswer.then(() => enumerator.requestSplit(subtask));
        },
        snapshot: () => enumerator.snapshot(),
        close: () => enumerator.close(),
      };
    },
  };
}

/** Hands every record to `write`, whether its checkpoint completes or not. */
export function observing<T>(write: (value: T) => void): Sink<T> {
  return { ...discard<T>(), createWriter: (context) => ({ ...discard<T>().createWriter(context), write }) };
}

/** Fails with the first few values that are missing or too many, whatever the order. */
export function expectSame<T>(actual: readonly T[], expected: readonly T[]): void {
  const count = new Map<T, number>();
  for (const value of expected) count.set(value, (count.get(value) ?? 0) + 1);
  for (const value of actual) count.set(value, (count.get(value) ?? 0) - 1);
  const missing = [...count].filter(([, n]) => n > 0).map(([value]) => value);
  const extra = [...count].filter(([, n]) => n < 0).map(([value]) => value);
  expect({ missing: missing.length, lost: missing.slice(0, 5), extra: extra.length, doubled: extra.slice(0, 5) }).toEqual({
    missing: 0,
    lost: [],
    extra: 0,
    doubled: [],
  });
}

/** Counts in windows of 100 ms, each as `start:count`, closed by event time alone. */
export function countsOf100ms(numbers: DataStream<number>): DataStream<string> {
  return numbers
    .keyBy(() => 0)
    .window(tumbling(100))
    .aggregate(
      { accumulator: t.integer(), createAccumulator: () => 0, add: (_n, count) => count + 1, getResult: (count) => count },
      {
        uid: "counts",
        process: {
          process(counts, { window }, out: Collector<string>) {
            for (const count of counts) out.collect(`${window.start}:${count}`);
          },
        },
      },
    );
}

/** Files that ask before they make a directory. */
export function makingDirectories(files: Files, before: (path: string) => Promise<void>): Files {
  return Object.assign(Object.create(files) as Files, {
    makeDirectory: async (path: string, mode?: number) => {
      await before(path);
      return files.makeDirectory(path, mode);
    },
  });
}

/** Files that ask before they rename one. */
export function renaming(files: Files, before: (from: string, to: string) => Promise<void>): Files {
  return Object.assign(Object.create(files) as Files, {
    rename: async (from: string, to: string) => {
      await before(from, to);
      return files.rename(from, to);
    },
  });
}
