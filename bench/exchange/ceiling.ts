import { fork } from "node:child_process";
import type { EventEmitter } from "node:events";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { median } from "../micro/measure.ts";
import { oneOf, whole } from "../option-values.ts";
import { orUsage } from "../usage.ts";
import type { AloneOptions, Span } from "./alone.ts";

const usage = `node --conditions=millrace-source bench/exchange/ceiling.ts [--rounds 5] [--works chain,wide,copy,objects,0,400,2000]

What two processors of this machine can do at most: one job of one worker alone, beside the same job twice at the same time, as
two threads of a process and as two processes. The two have nothing to do with each other: no engine can make two workers faster
than they are. A number is rounds of arithmetic for each record.`;

const options = orUsage(usage, () => {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, works: { type: "string", default: "chain,wide,copy,objects,0,400,2000" } },
  });
  return { rounds: whole("--rounds", values.rounds), works: values.works.split(",").map(workIn) };
});
const file = new URL("./alone.ts", import.meta.url);

interface Side {
  readonly ready: Promise<unknown>;
  measure(spanMs: number): Promise<Span>;
  end(): Promise<unknown>;
}

function thread(given: AloneOptions): Side {
  const worker = new Worker(file, { workerData: given, execArgv: ["--conditions=millrace-source"] });
  worker.on("error", (error) => {
    throw error;
  });
  return sideOf(
    worker,
    (spanMs) => worker.postMessage(spanMs),
    () => worker.terminate(),
  );
}

function child(given: AloneOptions): Side {
  const started = fork(file, [JSON.stringify(given)], { execArgv: ["--conditions=millrace-source"] });
  return sideOf(
    started,
    (spanMs) => void started.send(spanMs),
    async () => started.kill(),
  );
}

/** One that says when it is ready, and then answers each span with what it measured. */
function sideOf(from: EventEmitter, send: (spanMs: number) => void, end: Side["end"]): Side {
  const next = <T>(): Promise<T> => new Promise((resolve) => from.once("message", (message: T) => resolve(message)));
  return {
    ready: next(),
    measure: (spanMs) => {
      const span = next<Span>();
      send(spanMs);
      return span;
    },
    end,
  };
}

function workIn(text: string): string {
  return /^\d+$/.test(text) ? text : oneOf("--works", text, ["chain", "wide", "copy", "objects"]);
}

const spanMs = 700;

async function ceiling(work: string, form: string, make: (given: AloneOptions) => Side): Promise<void> {
  const sides = [make({ work }), make({ work })] as const;
  await Promise.all(sides.map(({ ready }) => ready));
  // Both become warm.
  for (const side of sides) await side.measure(2_000);
  const rounds: { ratio: number; alone: number; both: number; processor: number }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const alone = [await sides[0].measure(spanMs), await sides[1].measure(spanMs)];
    const both = await Promise.all(sides.map((side) => side.measure(spanMs)));
    const rate = (spans: readonly Span[]) => spans.reduce((sum, { operations, ns }) => sum + operations / ns, 0);
    const cost = (spans: readonly Span[]) =>
      spans.reduce((sum, { processorNs }) => sum + processorNs, 0) / spans.reduce((sum, { operations }) => sum + operations, 0);
    rounds.push({ ratio: (rate(both) * 2) / rate(alone), alone: 2 / rate(alone), both: 1 / rate(both), processor: cost(both) / cost(alone) });
  }
  await Promise.all(sides.map((side) => side.end()));
  const of = (name: keyof (typeof rounds)[number]) => median(rounds.map((round) => round[name]));
  const spread = rounds.map(({ ratio }) => ratio).sort((a, b) => a - b);
  console.log(
    `${work.padEnd(12)} ${form.padEnd(9)} alone ${of("alone").toFixed(1).padStart(7)} ns, two ${of("both").toFixed(1).padStart(7)} ns: ${of("ratio").toFixed(2)} (${spread[0]?.toFixed(2)}–${spread.at(-1)?.toFixed(2)}), processor time an operation ${of("processor").toFixed(2)}`,
  );
}

for (const text of options.works) {
  await ceiling(text, "threads", thread);
  await ceiling(text, "processes", child);
}
process.exit(0);
