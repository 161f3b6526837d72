/**
 * The exchange codec beside msgpackr (a reused Packr with record structures) and structuredClone: round trips of batches
 * of 256 records like Nexmark's bids, in one process, slice by slice in turn, so that what disturbs the machine disturbs
 * all. A ratio is the median over the slices of other ÷ ours.
 *
 *     node --conditions=millrace-source bench/micro/codec.ts
 */
import { pathToFileURL } from "node:url";
import { createBatchCodec, createReader, createWriter, t } from "@millrace/codec";
import { seededRandom } from "@millrace/core";
import { Packr } from "msgpackr";

const BATCH_RECORDS = 256;
const BATCHES = 16;
const SLICES_WARM = 4;
const SLICES = 9;
const ROUNDS_PER_SLICE = 6;

export interface Measured {
  readonly name: string;
  readonly ratio: number;
  /** The least ratio that passes; 0 when it is for information. */
  readonly bar: number;
  /** Of ours, per record, median. */
  readonly ns: number;
}

interface Bid {
  auction: number;
  bidder: number;
  price: number;
  channel: string;
  url: string;
  dateTime: number;
  extra: string;
}

const hotChannels = ["Google", "Facebook", "Baidu", "Apple"];

function createBids(): Bid[][] {
  const random = seededRandom(7);
  const pick = (limit: number) => random.uint32() % limit;
  const word = (letters: number) => Array.from({ length: letters }, () => String.fromCharCode(97 + pick(26))).join("");
  const bid = (index: number): Bid => ({
    auction: 1000 + pick(100_000),
    bidder: 1000 + pick(10_000),
    price: pick(10_000_000) / 100,
    channel: pick(2) === 0 ? (hotChannels[pick(4)] as string) : `channel-${pick(10_000)}`,
    url: `https://www.nexmark.com/${word(5)}/${word(5)}/item.htm?query=1`,
    dateTime: 1_700_000_000_000 + index,
    extra: word(8 + pick(8)),
  });
  return Array.from({ length: BATCHES }, (_, batch) => Array.from({ length: BATCH_RECORDS }, (__, index) => bid(batch * BATCH_RECORDS + index)));
}

type RoundTrip = (batch: Bid[]) => { readonly length: number };

function columnar(): RoundTrip {
  const [sender, receiver, writer, reader] = [createBatchCodec(), createBatchCodec(), createWriter(1 << 16), createReader(new Uint8Array(0))];
  const timestamps = new Float64Array(BATCH_RECORDS).fill(1_700_000_000_000);
  return (batch) => {
    writer.reset();
    sender.encode(batch, timestamps, batch.length, writer);
    reader.reset(writer.view());
    const into = { values: [], timestamps: [] };
    receiver.decode(reader, into);
    return into.values;
  };
}

function rows(codec: {
  encode(value: Bid, writer: ReturnType<typeof createWriter>): void;
  decode(reader: ReturnType<typeof createReader>): unknown;
}): RoundTrip {
  const [writer, reader] = [createWriter(1 << 16), createReader(new Uint8Array(0))];
  return (batch) => {
    writer.reset();
    for (const record of batch) codec.encode(record, writer);
    reader.reset(writer.view());
    return batch.map(() => codec.decode(reader));
  };
}

const declared = t.object({
  auction: t.integer(),
  bidder: t.integer(),
  price: t.number(),
  channel: t.string(),
  url: t.string(),
  dateTime: t.integer(),
  extra: t.string(),
});

function contenders(): Record<string, RoundTrip> {
  const [records, plain] = [new Packr({ structures: [] }), new Packr({ useRecords: false })];
  return {
    columnar: columnar(),
    declared: rows(declared),
    any: rows(t.any()),
    msgpackrRecords: (batch) => records.unpack(records.pack(batch)) as Bid[],
    msgpackrPlain: (batch) => plain.unpack(plain.pack(batch)) as Bid[],
    structuredClone: (batch) => structuredClone(batch),
  };
}

/** Nanoseconds per record and slice of each contender. */
function measure(): Map<string, number[]> {
  const batches = createBids();
  const entries = Object.entries(contenders());
  const slices = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let slice = -SLICES_WARM; slice < SLICES; slice++) {
    for (const [name, roundTrip] of entries) {
      const start = process.hrtime.bigint();
      let records = 0;
      for (let round = 0; round < ROUNDS_PER_SLICE; round++) for (const batch of batches) records += roundTrip(batch).length;
      const ns = Number(process.hrtime.bigint() - start) / records;
      if (slice >= 0) slices.get(name)?.push(ns);
    }
  }
  return slices;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

export async function run(): Promise<Measured[]> {
  const slices = measure();
  const compare = (ours: string, other: string, bar: number): Measured => {
    const [us, them] = [slices.get(ours) ?? [], slices.get(other) ?? []];
    return { name: `codec ${ours} vs ${other}`, ratio: median(them.map((ns, index) => ns / (us[index] as number))), bar, ns: median(us) };
  };
  return [
    compare("columnar", "msgpackrRecords", 4),
    compare("columnar", "structuredClone", 6),
    compare("declared", "msgpackrRecords", 0),
    compare("any", "msgpackrPlain", 0),
    compare("any", "msgpackrRecords", 0),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const measured of await run()) console.log(JSON.stringify(measured));
}
