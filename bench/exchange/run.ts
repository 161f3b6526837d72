import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { MessageChannel, Worker } from "node:worker_threads";
import { createExchangeMemory } from "@millrace/runtime";
import { median } from "../micro/measure.ts";
import { someOf, whole, wholes } from "../option-values.ts";
import { orUsage } from "../usage.ts";
import type { KeyedOptions, KeyedTimes } from "./keyed-run.ts";
import type { PhysicalPlan, ThreadStart } from "./thread.ts";

const usage = `pnpm bench:exchange [--rounds 5] [--only exchange,latency,keyed] [--work 0,120,400,2000]

The exchange between threads beside postMessage and a bare wake-up, and one worker beside two on keyed work. Everything that is
compared runs in turn; keyed work in processes of its own, because one worker works in the main thread, where a job that runs again
takes a fifth longer: its functions are compiled for all closures that there have been. --work: rounds of
arithmetic for each record, which show from what work on a second worker gains; where the crossing that is allowed takes more than
can be gained there is no bar. Exit code 1 when a figure misses its bar.`;

const { rounds, only, works } = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      only: { type: "string", default: "exchange,latency,keyed" },
      work: { type: "string", default: "0,120,400,2000" },
    },
  });
  return {
    rounds: whole("--rounds", values.rounds),
    only: someOf("--only", values.only, ["exchange", "latency", "keyed"]),
    works: wholes("--work", values.work, 0),
  };
});

/** What a record of seven fields may take from one thread to the other. */
const CROSSING_NS = 150;
/** Up to this much work a record, a second worker is asked to gain less. */
const CHEAP_NS = 350;

const edge: PhysicalPlan["tasks"][number]["outputs"][number] = {
  id: 0,
  fromTask: 0,
  fromNode: 0,
  output: "",
  toTask: 1,
  toNode: 1,
  input: 0,
  exchange: "hash",
};
const physical: PhysicalPlan = {
  parallelism: 2,
  maxParallelism: 720,
  tasks: [
    { id: 0, name: "sender", parallelism: 2, head: 0, nodes: [0], inputs: [], outputs: [edge] },
    { id: 1, name: "receiver", parallelism: 2, head: 1, nodes: [1], inputs: [edge], outputs: [] },
  ],
};

interface Measured {
  readonly nsPerRecord: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

async function measure(given: Pick<ThreadStart, "transport" | "batch" | "records" | "batchesPerSecond" | "warmUpBatches">): Promise<Measured> {
  const memory = createExchangeMemory(physical, 2);
  const { port1, port2 } = new MessageChannel();
  const start = (role: ThreadStart["role"], port: typeof port1): Worker =>
    new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: { ...given, role, physical, memory, port },
      transferList: [port],
      execArgv: ["--conditions=millrace-source"],
    });
  const threads = [start("sender", port1), start("receiver", port2)];
  try {
    return await new Promise<Measured>((resolve, reject) => {
      threads[1]?.once("message", resolve);
      for (const thread of threads) thread.once("error", reject);
    });
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

async function throughput(transport: "exchange" | "postMessage", batch: number): Promise<number> {
  const records = (transport === "exchange" ? 1 << 22 : 1 << 20) >> (batch === 1 ? 3 : 0);
  return (await measure({ transport, batch, records, batchesPerSecond: undefined, warmUpBatches: records / 4 / batch })).nsPerRecord;
}

async function alone(given: KeyedOptions): Promise<KeyedTimes> {
  const script = fileURLToPath(new URL("./keyed-alone.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=millrace-source", script, JSON.stringify(given)]);
  return JSON.parse(stdout) as KeyedTimes;
}

/** Processor time a record of all workers together, of the runs so far, by parallelism. */
const processorNs = new Map<number, number[]>();

/**
 * Warm for two seconds and more: until then the engine's compiler and collector take a processor now and then, which one
 * worker has to spare and two have not.
 */
async function keyed(parallelism: number, work: number): Promise<number> {
  const [warmUp, records] = work > 1_000 ? [1_000_000, 2_000_000] : work > 0 ? [5_000_000, 8_000_000] : [16_000_000, 24_000_000];
  const { wallNs, processorNs: own } = await alone({ parallelism, work, warmUp, records: warmUp + records });
  processorNs.set(parallelism, [...(processorNs.get(parallelism) ?? []), own]);
  return wallNs;
}

/** Both in turn, several times. The ratio is that of the first to the second: above 1, the second is faster. */
async function inTurn(
  first: () => Promise<number>,
  second: () => Promise<number>,
): Promise<{ readonly first: number; readonly second: number; readonly ratio: number }> {
  const firsts: number[] = [];
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    firsts.push(await first());
    seconds.push(await second());
  }
  return { first: median(firsts), second: median(seconds), ratio: median(firsts.map((value, round) => value / (seconds[round] as number))) };
}

let missed = 0;
function line(name: string, text: string, value: number, bar: number | undefined, atLeast = true): void {
  const figure = `${name.padEnd(44)} ${text.padEnd(46)} ${value.toFixed(2).padStart(8)}`;
  if (bar === undefined) {
    console.log(`${figure}  no bar`);
    return;
  }
  const good = atLeast ? value >= bar : value <= bar;
  if (!good) missed++;
  console.log(`${figure}  bar ${atLeast ? "≥" : "≤"} ${bar}  ${good ? "ok" : "MISSED"}`);
}

async function exchange(): Promise<void> {
  for (const batch of [256, 64, 1]) {
    const { first, second, ratio } = await inTurn(
      () => throughput("postMessage", batch),
      () => throughput("exchange", batch),
    );
    const text = `postMessage ${first.toFixed(0)} ns, exchange ${second.toFixed(0)} ns a record`;
    line(`exchange beside postMessage, ${batch} a batch`, text, ratio, batch === 256 ? 4 : 1);
    if (batch === 256) line("crossing, 7 fields, 256 a batch (ns)", "", second, CROSSING_NS, false);
  }
}

async function latency(): Promise<void> {
  const p50Us = (transport: "exchange" | "wakeUp") => async () =>
    (await measure({ transport, batch: 1, records: 22_000, batchesPerSecond: 1_000, warmUpBatches: 20_000 })).p50Us;
  const { first, second, ratio } = await inTurn(p50Us("exchange"), p50Us("wakeUp"));
  line("one way, p50, beside a bare wake-up", `exchange ${first.toFixed(0)} µs, wake-up ${second.toFixed(0)} µs`, ratio, 2, false);
}

/** What a second worker is asked to gain with records that cost one worker so much, and where: below, half of them crossing at the bar takes more than that leaves. */
function barOf(oneNs: number): number | undefined {
  const bar = oneNs > CHEAP_NS ? 1.6 : 1.25;
  const best = (2 * oneNs) / (oneNs + CROSSING_NS / 2);
  return best < bar ? undefined : bar;
}

/** Processor time does not depend on what else the machine is at, so it is told, too. */
async function keyedWork(): Promise<void> {
  for (const work of works) {
    processorNs.clear();
    const { first, second, ratio } = await inTurn(
      () => keyed(1, work),
      () => keyed(2, work),
    );
    const processor = [...processorNs.values()].map((times) => median(times).toFixed(0)).join(" and ");
    const text = `one ${first.toFixed(0)} ns, two ${second.toFixed(0)} ns a record`;
    line(`keyed work, 1 worker beside 2, ${work} rounds`, text, ratio, barOf(first));
    console.log(`${"".padEnd(44)} ${processor} ns of processor time`);
  }
}

if (only.includes("exchange")) await exchange();
if (only.includes("latency")) await latency();
if (only.includes("keyed")) await keyedWork();
process.exitCode = missed === 0 ? 0 : 1;
