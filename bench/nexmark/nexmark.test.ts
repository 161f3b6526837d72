import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { datagen, defineJob, type Ports, type StartOptions, startJob } from "millrace";
import { describe, expect, test, vi } from "vitest";
import { expectedEvents, expectedOf, expectedRows } from "./check/expected.ts";
import { Result } from "./check/result.ts";
import { resultSchemas } from "./check/schemas.ts";
import type { Event, Person } from "./generator/events.ts";
import { type GeneratorOptions, generatorOptions } from "./generator/options.ts";
import { handLoops } from "./hand/index.ts";
import { MeasuredInput } from "./input.ts";
import { nexmarkJob } from "./job.ts";
import { type QueryName, queries, queryNames } from "./queries/index.ts";
import { rowsSink } from "./rows.ts";

/** Results do not depend on the shuffle, so every run of the engine has another order of events than the loops. */
function eventsFor(query: QueryName, shuffle: number): GeneratorOptions {
  // At 20 events a second q14 sees a whole day.
  return query === "q14"
    ? generatorOptions({ events: expectedEvents, eventRate: 20, shuffle: Math.min(shuffle, 64) })
    : generatorOptions({ events: expectedEvents, shuffle });
}

function loopResult(query: QueryName): Result {
  const result = new Result(resultSchemas[query]);
  handLoops[query](new MeasuredInput({ generator: eventsFor(query, 1) }), (row) => result.add(row));
  return result;
}

async function jobResult(query: QueryName, shuffle: number, options: StartOptions): Promise<Result> {
  const result = new Result(resultSchemas[query]);
  const rows = { count: 0, put: (row: object) => result.add(row), end() {} };
  await using job = await startJob(nexmarkJob({ query, generator: eventsFor(query, shuffle), rowsOf: () => rows }), options);
  await job.finished;
  return result;
}

/** Ports whose clock runs a thousand times as fast. */
function fastPorts(): Ports {
  const { clock, scheduler } = nodePorts;
  const start = clock.now();
  return {
    ...nodePorts,
    clock: { ...clock, now: () => start + (clock.now() - start) * 1_000 },
    scheduler: { ...scheduler, after: (delayMs, action) => scheduler.after(delayMs / 1_000, action) },
  };
}

const deterministic = queryNames.filter((query) => query !== "q12");

describe.each(deterministic)("%s", (query) => {
  test("the hand-written loop gives Flink's result", () => {
    expect(loopResult(query).summary()).toEqual(pick(query));
  });

  test("the job gives Flink's result", { timeout: 60_000 }, async () => {
    const result = await jobResult(query, 1, { ephemeral: true });
    const rows = expectedRows(query, resultSchemas[query]);
    if (rows !== undefined && result.summary().checksum !== pick(query).checksum) expect(result.texts()).toEqual(rows);
    expect(result.summary()).toEqual(pick(query));
  });

  test("the job gives it from shuffled events at parallelism 2, with checkpoints to disk", { timeout: 60_000 }, async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "millrace-nexmark-"));
    try {
      const result = await jobResult(query, 1_024, { stateDir, parallelism: 2, checkpointIntervalMs: 200 });
      expect(result.summary()).toEqual(pick(query));
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});

test("q12 counts every bid once, in windows of processing time", async () => {
  const input = new MeasuredInput({ generator: eventsFor("q12", 1) });
  const nobody: Event = { ...(input.at(0) as Person) };
  let bids = 0;
  const add = (count: number): void => {
    bids += count;
  };
  const rows = { count: 0, put: (row: object) => add((row as { bid_count: number }).bid_count), end() {} };
  const definition = defineJob("nexmark-q12-live", (env) => {
    // It never ends: at the end of input, timers of processing time are dropped, as in Flink.
    const generate = (position: number) => (position < input.events ? input.at(position) : nobody);
    const events = env.from(datagen({ generate }), { uid: "events" });
    queries.q12(events).to(
      rowsSink(
        () => rows,
        () => {},
      ),
      { uid: "rows" },
    );
  });
  await using job = await startJob(definition, { ephemeral: true, ports: fastPorts() });
  const expected = expectedOf("q0")?.rows;
  await vi.waitFor(() => expect(bids).toBe(expected), 20_000);
  await job.cancel();
});

test("premade events come again with later times, and the mark is told of once", () => {
  const generator = generatorOptions({ events: 1_000 });
  const made = new MeasuredInput({ generator });
  const marks: number[] = [];
  let position = 0;
  const premade = new MeasuredInput({ generator, premade: 300, mark: 500, marked: () => marks.push(position) });
  for (; position < 1_000; position++) {
    const event = premade.at(position);
    expect(event).toEqual(made.at(position % 300));
    // Ten events a millisecond.
    expect(premade.timeOf(event)).toBe(made.at(0).dateTime + Math.floor(position / 10));
  }
  expect(marks).toEqual([500]);
});

function pick(query: QueryName): { rows: number; checksum: string } {
  const { rows, checksum } = expectedOf(query) ?? { rows: -1, checksum: "none is kept" };
  return { rows, checksum };
}
