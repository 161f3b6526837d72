import { type Collector, defineAggregate, seconds, session, sliding, t, tumbling } from "millrace";
import type { Auction, Bid, Person } from "../generator/events.ts";
import { bidCodec } from "./codecs.ts";
import { isBid, type Query } from "./query.ts";

const WINDOW_MS = seconds(10);
const SLIDE_MS = seconds(2);

interface Counted {
  readonly auction: number;
  readonly num: number;
  readonly starttime: number;
  readonly endtime: number;
}

const count = defineAggregate({
  accumulator: t.integer(),
  createAccumulator: () => 0,
  add: (_bid: Bid, counted) => counted + 1,
  getResult: (counted) => counted,
  merge: (a, b) => a + b,
  commutative: true,
});

/** Of the counts of one window, all that are the greatest. */
const hottest = defineAggregate({
  accumulator: t.array(t.object({ auction: t.integer(), num: t.integer(), starttime: t.integer(), endtime: t.integer() })),
  createAccumulator: (): Counted[] => [],
  add(counted: Counted, best) {
    const most = best[0]?.num ?? 0;
    if (counted.num > most) best.length = 0;
    if (counted.num >= most) best.push(counted);
    return best;
  },
  getResult: (best) => best,
});

/** The auctions with the most bids of each sliding window. */
export const q5: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => bid.auction)
    .window(sliding(WINDOW_MS, SLIDE_MS))
    .aggregate(count, {
      uid: "bids-of-auction",
      process: {
        process(counts, { key, window }, out: Collector<Counted>) {
          for (const num of counts) out.collect({ auction: key, num, starttime: window.start, endtime: window.end });
        },
      },
    })
    .keyBy((counted) => counted.endtime)
    .window(tumbling(SLIDE_MS))
    .aggregate(hottest, { uid: "hottest" })
    .flatMap((best) => best);

/** Of the bids of one window, all of the highest price. */
const highest = defineAggregate({
  accumulator: t.array(bidCodec),
  createAccumulator: (): Bid[] => [],
  add(bid: Bid, best) {
    const price = best[0]?.price ?? 0;
    if (bid.price > price) best.length = 0;
    if (bid.price >= price) best.push(bid);
    return best;
  },
  getResult: (best) => best,
});

/** The highest bids of each window. */
export const q7: Query = (events) =>
  events
    .filter(isBid)
    .windowAll(tumbling(WINDOW_MS))
    .aggregate(highest, { uid: "highest" })
    .flatMap((best) => best)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }));

const personAndAuction = defineAggregate({
  accumulator: t.object({ name: t.string(), sold: t.boolean() }),
  createAccumulator: () => ({ name: "", sold: false }),
  add(event: Person | Auction, seen) {
    if (event.kind === "person") seen.name = event.name;
    else seen.sold = true;
    return seen;
  },
  getResult: (seen) => seen,
});

/** People who were created and opened an auction in the same window. */
export const q8: Query = (events) =>
  events
    .filter((event): event is Person | Auction => event.kind !== "bid")
    .keyBy((event) => (event.kind === "person" ? event.id : event.seller))
    .window(tumbling(WINDOW_MS))
    .aggregate(personAndAuction, {
      uid: "new-sellers",
      process: {
        process(all, { key, window }, out: Collector<object>) {
          for (const { name, sold } of all) if (sold && name !== "") out.collect({ id: key, name, starttime: window.start, endtime: window.end });
        },
      },
    });

/** Bids of each bidder's sessions. */
export const q11: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => bid.bidder)
    .window(session(WINDOW_MS))
    .aggregate(count, {
      uid: "bids-of-session",
      process: {
        process(counts, { key, window }, out: Collector<object>) {
          for (const bids of counts) out.collect({ bidder: key, bid_count: bids, starttime: window.start, endtime: window.end });
        },
      },
    });

/** Bids of each bidder in windows of processing time. */
export const q12: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => bid.bidder)
    .window(tumbling(WINDOW_MS, { time: "processing" }))
    .aggregate(count, {
      uid: "bids-of-bidder",
      process: {
        process(counts, { key, window }, out: Collector<object>) {
          for (const bids of counts) out.collect({ bidder: key, bid_count: bids, starttime: window.start, endtime: window.end });
        },
      },
    });
