import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { discard, type JobDefinition, type JobEvent, type JobHandle, type Sink, type StartOptions, startJob } from "millrace";
import { temporaryDirectory } from "./jobs.ts";

/** Runs `body` in a directory of its own, which is gone afterwards. */
export async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory();
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A sink that lets a few records through at a time, so that a job can be stopped in the middle. */
export function slowSink<T>(pauseMs = 1, write: (value: T) => void = () => undefined): Sink<T> {
  return {
    ...discard<T>(),
    createWriter: (context) => {
      let room = 16;
      return {
        ...discard<T>().createWriter(context),
        write: (value) => {
          room--;
          write(value);
        },
        ready: () =>
          room > 0
            ? undefined
            : pause(pauseMs).then(() => {
                room = 16;
              }),
      };
    },
  };
}
