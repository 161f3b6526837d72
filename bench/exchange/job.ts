import { BroadcastChannel } from "node:worker_threads";
import { datagen, defineJob, discard, params, t } from "millrace";
import { type Bid, bids } from "../micro/bids.ts";

const data = JSON.parse(JSON.stringify(bids(16_384))) as Bid[];

/** The name of the channel on which each source tells when it began to count, and when it made its last record. */
export const marksChannel = "exchange-bench";
export interface KeyedMark {
  readonly mark: "begin" | "end";
  readonly atNs: bigint;
  /** Processor time of the source's thread so far. */
  readonly processorUs: number;
}

function mark(what: KeyedMark["mark"]): void {
  const channel = new BroadcastChannel(marksChannel);
  const { user, system } = process.threadCpuUsage();
  channel.postMessage({ mark: what, atNs: process.hrtime.bigint(), processorUs: user + system } satisfies KeyedMark);
  channel.close();
}

/** Keyed work on bids of seven fields: `work` rounds of arithmetic for each. The first `warmUp` records are not counted. */
export default defineJob(
  "exchange-bench",
  (env, { records, work, warmUp, sources }) => {
    const loops = work;
    const generate = (n: number): Bid => {
      if (n >= warmUp && n < warmUp + sources) mark("begin");
      else if (n >= records - sources) mark("end");
      return data[n & 16_383] as Bid;
    };
    env
      .from(datagen({ generate, count: records }), { uid: "bids" })
      .keyBy((bid) => bid.auction)
      .reduce(
        (a, b) => {
          let x = b.price | 0;
          for (let i = 0; i < loops; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
          return { ...b, price: Math.max(a.price, b.price), bidder: x & 0xffff };
        },
        {
          uid: "greatest",
          codec: t.object({
            auction: t.integer(),
            bidder: t.integer(),
            price: t.number(),
            channel: t.string(),
            url: t.string(),
            dateTime: t.number(),
            extra: t.string(),
          }),
        },
      )
      .to(discard(), { uid: "out" });
  },
  {
    parameters: {
      records: params.number({ default: 1_000_000 }),
      work: params.number({ default: 0 }),
      warmUp: params.number({ default: 0 }),
      sources: params.number({ default: 1 }),
    },
  },
);
