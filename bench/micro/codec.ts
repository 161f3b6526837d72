import { type Codec, createBatchCodec, createReader, createWriter, t } from "@millrace/codec";
import { Packr } from "msgpackr";
import { type Bid, bids } from "./bids.ts";
import { type Figure, paired } from "./measure.ts";

const batchRecords = 256;
const batchCount = 16;
const rounds = 6;
const operations = rounds * batchCount * batchRecords;

// Through JSON, because records come from parsers: strings made by `repeat` are trees that every reader has to flatten.
const data = JSON.parse(JSON.stringify(bids(batchRecords * batchCount))) as Bid[];
const batches = Array.from({ length: batchCount }, (_, index) => data.slice(index * batchRecords, (index + 1) * batchRecords));

type RoundTrip = (batch: Bid[]) => readonly unknown[];

function columnar(): RoundTrip {
  const [sender, receiver, writer, reader] = [createBatchCodec(), createBatchCodec(), createWriter(1 << 16), createReader(new Uint8Array(0))];
  const timestamps = Float64Array.from({ length: batchRecords }, (_, index) => 1_700_000_000_000 + index);
  return (batch) => {
    writer.reset();
    sender.encode(batch, timestamps, batch.length, writer);
    reader.reset(writer.view());
    return receiver.decode(reader).values;
  };
}

function rows(codec: Codec<unknown>): RoundTrip {
  const [writer, reader] = [createWriter(1 << 16), createReader(new Uint8Array(0))];
  return (batch) => {
    writer.reset();
    for (const record of batch) codec.encode(record, writer);
    reader.reset(writer.view());
    return batch.map(() => codec.decode(reader));
  };
}

const bid = t.object({
  auction: t.integer(),
  bidder: t.integer(),
  price: t.integer(),
  channel: t.string(),
  url: t.string(),
  dateTime: t.integer(),
  extra: t.string(),
});

function repeated(roundTrip: RoundTrip): () => void {
  return () => {
    let records = 0;
    for (let round = 0; round < rounds; round++) for (const batch of batches) records += roundTrip(batch).length;
    if (records !== operations) throw new Error(`${records} records came back of ${operations}`);
  };
}

/** Round trips of batches of 256 records, and of single records for the codecs of state. */
export async function run(): Promise<Figure[]> {
  const records = new Packr({ structures: [] });
  const msgpackr = repeated((batch) => records.unpack(records.pack(batch)) as Bid[]);
  const clone = repeated((batch) => structuredClone(batch));
  const ours = repeated(columnar());
  const record = new Packr({ structures: [] });
  const single = repeated((batch) => batch.map((one) => record.unpack(record.pack(one)) as unknown));
  const plain = new Packr({ useRecords: false });
  const describing = repeated((batch) => batch.map((one) => plain.unpack(plain.pack(one)) as unknown));
  return [
    paired({ name: "columnar round trip against msgpackr with structures", bar: 4, operations, reference: msgpackr, subject: ours }),
    paired({ name: "columnar round trip against structuredClone", bar: 6, operations, reference: clone, subject: ours }),
    paired({
      name: "t.object record by record against msgpackr with structures",
      bar: 1,
      operations,
      reference: single,
      subject: repeated(rows(bid)),
    }),
    paired({
      name: "t.any() record by record against self-describing msgpackr",
      bar: 0,
      operations,
      reference: describing,
      subject: repeated(rows(t.any())),
    }),
  ];
}

if (import.meta.main) for (const figure of await run()) console.log(JSON.stringify(figure));
