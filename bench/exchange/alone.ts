import { parentPort, workerData } from "node:worker_threads";
import { startJob } from "millrace";
import job from "./job.ts";

// One side of the ceiling bench, as a thread or as a process: asked with a number of milliseconds, it works for about so
// long and answers with what it has done. It works on a job of one worker, or, by a name, on bare code without an engine.

export interface AloneOptions {
  /** Rounds of arithmetic for each record of a job, or the name of bare code. */
  readonly work: string;
}

export interface Span {
  readonly operations: number;
  readonly ns: number;
  readonly processorNs: number;
}

const { work } = (workerData ?? JSON.parse(process.argv[2] ?? "{}")) as AloneOptions;
const processorUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

const numbers = Int32Array.from({ length: 1 << 20 }, (_, index) => index);
const other = new Int32Array(1 << 20);
export let kept: unknown;

/** Each does a number of operations and returns it. */
const bare: { readonly [name: string]: () => number } = {
  /** Each step waits for the one before. */
  chain: () => {
    let x = 1;
    for (let i = 0; i < 100_000; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    kept = x;
    return 100_000;
  },
  /** Steps that do not wait for each other. */
  wide: () => {
    let [a, b, c, d] = [1, 2, 3, 4];
    for (let i = 0; i < 25_000; i++) {
      a = ((a ^ (a << 3)) + i) | 0;
      b = ((b ^ (b << 5)) + i) | 0;
      c = ((c ^ (c << 7)) + i) | 0;
      d = ((d ^ (d << 9)) + i) | 0;
    }
    kept = a + b + c + d;
    return 100_000;
  },
  /** 4 MB from one place to another. */
  copy: () => {
    other.set(numbers);
    return numbers.length;
  },
  /** Small objects that die young. */
  objects: () => {
    for (let i = 0; i < 10_000; i++) kept = { a: i, b: i, c: i, d: i, e: kept === undefined };
    return 10_000;
  },
};

function workBare(run: () => number): void {
  serve(async (spanMs) => {
    const [begin, processor] = [process.hrtime.bigint(), processorUs()];
    const end = begin + BigInt(spanMs) * 1_000_000n;
    let operations = 0;
    while (process.hrtime.bigint() < end) operations += run();
    return { operations, ns: Number(process.hrtime.bigint() - begin), processorNs: (processorUs() - processor) * 1_000 };
  });
}

/** Each span is a job of its own, with as many records as take about so long. */
function workJob(rounds: number): void {
  serve(async (spanMs) => {
    const records = Math.ceil((spanMs * 1e6) / (200 + rounds * 1.2));
    const [begin, processor] = [process.hrtime.bigint(), processorUs()];
    const running = await startJob(job, { ephemeral: true, parallelism: 1, parameters: { records, work: rounds } });
    await running.finished;
    return { operations: records, ns: Number(process.hrtime.bigint() - begin), processorNs: (processorUs() - processor) * 1_000 };
  });
}

function serve(measure: (spanMs: number) => Promise<Span>): void {
  const answer = (span: Span | "ready"): void => {
    if (parentPort === null) process.send?.(span);
    else parentPort.postMessage(span);
  };
  const asked = (spanMs: unknown): void => void measure(spanMs as number).then(answer);
  if (parentPort === null) process.on("message", asked);
  else parentPort.on("message", asked);
  answer("ready");
}

const run = bare[work];
if (run === undefined) workJob(Number(work));
else workBare(run);
