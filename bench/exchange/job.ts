import { datagen, defineJob, discard, params, t } from "millrace";
import { type Bid, bids } from "../micro/bids.ts";

const data = JSON.parse(JSON.stringify(bids(16_384))) as Bid[];

/** Keyed work on bids of seven fields: `work` rounds of arithmetic for each, about 1 ns a round. */
export default defineJob(
  "exchange-bench",
  (env, { records, work }) => {
    const loops = work;
    env
      .from(datagen({ generate: (n: number) => data[n & 16_383] as Bid, count: records }), { uid: "bids" })
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
  { parameters: { records: params.number({ default: 1_000_000 }), work: params.number({ default: 0 }) } },
);
