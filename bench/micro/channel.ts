import { LocalChannel } from "@millrace/runtime";
import { bids } from "./bids.ts";
import { type Figure, median } from "./measure.ts";

const count = 102_400;
const batch = 256;
// Few enough to stay in the processor's cache: what is timed is handing over, not fetching records from memory.
const records = 4_096;
const data = bids(records);

/** Batches through a bounded channel, one promise a batch, against one promise a record. */
export async function run(): Promise<Figure[]> {
  const ratios: number[] = [];
  const times: number[] = [];
  for (let slice = 0; slice < 14; slice++) {
    const single = await timed(perRecord);
    const batched = await timed(perBatch);
    if (slice < 3) continue;
    ratios.push(single / batched);
    times.push(batched / count);
  }
  if (Number.isNaN(sum)) throw new Error("the benchmark lost its records");
  return [{ name: "in-thread channel, batches of 256, against an await a record", ratio: median(ratios), bar: 2.5, nanoseconds: median(times) }];
}

let sum = 0;

async function perRecord(): Promise<void> {
  const next = async (i: number) => data[i % records];
  for (let i = 0; i < count; i++) sum += (await next(i))?.price ?? 0;
}

async function perBatch(): Promise<void> {
  let wake: () => void = () => undefined;
  const channel = new LocalChannel({ onReadable: () => wake(), onWritable: () => undefined });
  for (let from = 0; from < count; from += batch) {
    const readable = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const values = data.slice(from % records, (from % records) + batch);
    channel.push({ kind: "batch", values, timestamps: values.map((bid) => bid.dateTime), marks: [] });
    await readable;
    for (let element = channel.poll(); element !== undefined; element = channel.poll()) {
      if (element.kind === "batch") for (const bid of element.values as typeof data) sum += bid.price;
    }
  }
}

async function timed(run_: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await run_();
  return Number(process.hrtime.bigint() - start);
}
