import { LocalChannel } from "@millrace/runtime";
import { type Bid, bids } from "./bids.ts";
import { type Figure, pairedAsync } from "./measure.ts";

const count = 102_400;
const batch = 256;
// Few enough to stay in the processor's cache: what is timed is handing over, not fetching records from memory.
const records = 4_096;
const data = bids(records);
const expected = Array.from({ length: count }, (_, i) => (data[i % records] as Bid).price).reduce((a, b) => a + b);

/** Batches through a bounded channel, one promise a batch, against one promise a record. */
export async function run(): Promise<Figure[]> {
  const name = "in-thread channel, batches of 256, against an await a record";
  return [await pairedAsync({ name, bar: 2.5, operations: count, reference: () => same(perRecord), subject: () => same(perBatch) })];
}

let sum = 0;

/** Both sides sum up the same prices. */
async function same(side: () => Promise<void>): Promise<void> {
  const before = sum;
  await side();
  if (sum - before !== expected) throw new Error(`${sum - before} instead of ${expected}: records were lost`);
}

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
