import { BroadcastChannel } from "node:worker_threads";
import { startJob } from "millrace";
import job, { type Mark, marksChannel } from "./job.ts";

export interface KeyedOptions {
  readonly parallelism: number;
  /** Rounds of arithmetic for each record. */
  readonly work: number;
  readonly records: number;
  readonly warmUp: number;
  /** Different records; see the job. */
  readonly distinct?: number;
}

/** Per record of all workers together. */
export interface KeyedTimes {
  readonly wallNs: number;
  readonly processorNs: number;
}

/**
 * Runs the keyed job and takes its times while all workers are warm and none has come to its end: workers do not begin at
 * one time, and one may be done before the others.
 */
export async function keyedRun({ parallelism, work, records, warmUp, distinct = 1_024 }: KeyedOptions): Promise<KeyedTimes> {
  const marks: Mark[] = [];
  const channel = new BroadcastChannel(marksChannel);
  // Node passes the message alone; the type of the event is that of browsers.
  channel.onmessage = (event) => marks.push((event as { readonly data: Mark }).data);
  const module = new URL("./job.ts", import.meta.url).href;
  const running = await startJob(job, { ephemeral: true, parallelism, module, parameters: { records, work, distinct } });
  await running.finished;
  await new Promise((resolve) => setTimeout(resolve, 20));
  channel.close();
  // A process that has run the job before in this thread counts on.
  const sources = [...Map.groupBy(marks, ({ source }) => source).values()];
  const begin = Math.max(...sources.map((own) => (own.find(({ made }) => made - (own[0] as Mark).made >= warmUp / parallelism) as Mark).atNs));
  const end = Math.min(...sources.map((own) => (own.at(-1) as Mark).atNs));
  if (begin >= end) throw new Error("one worker was done before the other was warm: other work is on the machine");
  const sum = (what: "made" | "processorNs") => sources.reduce((total, own) => total + at(own, end, what) - at(own, begin, what), 0);
  const made = sum("made");
  return { wallNs: (end - begin) / made, processorNs: sum("processorNs") / made };
}

/** Between two marks it goes on evenly. */
function at(marks: readonly Mark[], time: number, what: "made" | "processorNs"): number {
  const next = marks.findIndex(({ atNs }) => atNs >= time);
  const [a, b] = [marks[Math.max(next - 1, 0)] as Mark, marks[next] as Mark];
  return a === b ? a[what] : a[what] + ((b[what] - a[what]) * (time - a.atNs)) / (b.atNs - a.atNs);
}
