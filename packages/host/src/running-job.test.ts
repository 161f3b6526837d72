import { limits } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import type { JobEvent } from "./job-handle.ts";
import { RunningJob, type RunningJobOptions } from "./running-job.ts";

/** The handle of a job that runs and never ends. */
function running(onEvent?: (event: JobEvent) => void): RunningJob {
  const options = {
    graph: { plan: { jobName: "endless", nodes: [] } },
    run: { ended: new Promise(() => undefined) },
    ports: nodePorts,
    runId: "4f21c09a",
    onEvent,
  };
  return new RunningJob(options as unknown as RunningJobOptions);
}

test("the first listener hears what came before it, the next ones only what comes", () => {
  const job = running();
  job.warn("EARLY", "before anybody listens");
  const heard: string[][] = [[], []];
  for (const one of heard) job.on((event) => one.push(event.kind === "warning" ? event.code : event.kind));
  job.warn("LATE", "to both");
  expect(heard).toEqual([["started", "EARLY", "LATE"], ["LATE"]]);
});

test("who is named at the start hears everything at once, and takes nothing from the first listener", () => {
  const [fromStart, later]: [string[], string[]] = [[], []];
  const job = running((event) => fromStart.push(event.kind));
  expect(fromStart).toEqual(["started"]);
  job.warn("EARLY", "before anybody listens");
  expect(fromStart).toEqual(["started", "warning"]);
  job.on((event) => later.push(event.kind));
  expect(later).toEqual(["started", "warning"]);
});

test("of a job that nobody listens to, the newest events are kept and no more", () => {
  const job = running();
  for (let n = 0; n <= limits.earlyEventsMax; n++) job.console(0, "info", `${n}`);
  const heard: JobEvent[] = [];
  job.on((event) => heard.push(event));
  expect(heard).toHaveLength(limits.earlyEventsMax);
  expect(heard[0]).toMatchObject({ text: "1" });
  expect(heard.at(-1)).toMatchObject({ text: `${limits.earlyEventsMax}` });
});
