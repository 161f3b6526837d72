import { BroadcastChannel, threadId } from "node:worker_threads";
import { datagen, defineJob, discard, params, t } from "millrace";
import { type Bid, bids } from "../micro/bids.ts";

const data = JSON.parse(JSON.stringify(bids(16_384))) as Bid[];

/** The name of the channel on which each source tells how far it is. */
export const marksChannel = "exchange-bench";
export interface Mark {
  readonly source: number;
  /** Records that it has made so far. */
  readonly made: number;
  readonly atNs: number;
  /** Processor time of the source's thread so far. */
  readonly processorNs: number;
}

const MARK_EVERY = 50_000;
let channel: BroadcastChannel | undefined;
let made = 0;

function mark(): void {
  channel ??= new BroadcastChannel(marksChannel);
  // It does not keep the thread alive.
  (channel as { unref?(): void }).unref?.();
  const { user, system } = process.threadCpuUsage();
  channel.postMessage({ source: threadId, made, atNs: Number(process.hrtime.bigint()), processorNs: (user + system) * 1_000 } satisfies Mark);
}

/** Keyed work on bids of seven fields: `work` rounds of arithmetic for each, over `distinct` records, a power of two, again and again. */
export default defineJob(
  "exchange-bench",
  (env, { records, work, distinct }) => {
    const [loops, mask] = [work, distinct - 1];
    const generate = (n: number): Bid => {
      if (++made % MARK_EVERY === 0) mark();
      return data[n & mask] as Bid;
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
      distinct: params.number({ default: 1_024 }),
    },
  },
);
