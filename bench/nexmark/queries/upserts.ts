import { type Collector, defineKeyedProcess, state, t } from "millrace";
import type { Bid } from "../generator/events.ts";
import { bidCodec } from "./codecs.ts";
import { isBid, type Query } from "./query.ts";
import { dayOf, dayText, rankOf } from "./times.ts";

const TOP = 10;

const prices = {
  total: t.integer(),
  rank1: t.integer(),
  rank2: t.integer(),
  rank3: t.integer(),
  min: t.integer(),
  max: t.integer(),
  sum: t.integer(),
};

const pricesOfDay = defineKeyedProcess({
  state: {
    prices: state.aggregating(t.object(prices), {
      createAccumulator: () => ({ total: 0, rank1: 0, rank2: 0, rank3: 0, min: Number.MAX_SAFE_INTEGER, max: 0, sum: 0 }),
      add(price: number, all) {
        const rank = rankOf(price);
        all.total++;
        if (rank === 1) all.rank1++;
        else if (rank === 2) all.rank2++;
        else all.rank3++;
        if (price < all.min) all.min = price;
        if (price > all.max) all.max = price;
        all.sum += price;
        return all;
      },
      getResult: (all) => all,
    }),
  },
  processElement(bid: Bid, context, out: Collector<object>) {
    const { prices } = context.state;
    prices.add(bid.price);
    const all = prices.get();
    if (all === undefined) return;
    out.collect({
      auction: bid.auction,
      day: dayText(dayOf(bid)),
      total_bids: all.total,
      rank1_bids: all.rank1,
      rank2_bids: all.rank2,
      rank3_bids: all.rank3,
      min_price: all.min,
      max_price: all.max,
      avg_price: all.sum / all.total,
      sum_price: all.sum,
    });
  },
});

/** Prices of each auction and day. */
export const q17: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => [bid.auction, dayOf(bid)])
    .process(pricesOfDay, { uid: "prices-of-day" });

const lastBids = defineKeyedProcess({
  state: { last: state.value(bidCodec) },
  processElement(bid: Bid, context, out: Collector<object>) {
    const { last } = context.state;
    if (!isLater(bid, last.value())) return;
    last.update(bid);
    const { auction, bidder, price, channel, url, dateTime, extra } = bid;
    out.collect({ auction, bidder, price, channel, url, dateTime, extra });
  },
});

/** The last bid of each bidder on each auction. */
export const q18: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => [bid.bidder, bid.auction])
    .process(lastBids, { uid: "last-bids" });

/** A bid that takes a place among the best; those behind it move up by one. */
interface Placed {
  readonly bid: Bid;
  readonly place: number;
}

const topBids = defineKeyedProcess({
  state: {
    top: state.aggregating<Placed, Bid[], readonly Bid[]>(t.array(bidCodec), {
      createAccumulator: () => [],
      add({ bid, place }, top) {
        for (let at = Math.min(top.length, TOP - 1); at > place; at--) top[at] = top[at - 1] as Bid;
        top[place] = bid;
        return top;
      },
      getResult: (top) => top,
    }),
  },
  processElement(bid: Bid, context, out: Collector<object>) {
    const before = context.state.top.get() ?? [];
    let place = before.length;
    while (place > 0 && isBefore(bid, before[place - 1] as Bid)) place--;
    if (place === TOP) return;
    context.state.top.add({ bid, place });
    const top = context.state.top.get() ?? [];
    for (let rank = place; rank < top.length; rank++) {
      const { auction, bidder, price, channel, url, dateTime, extra } = top[rank] as Bid;
      out.collect({ auction, rank_number: rank + 1, bidder, price, channel, url, dateTime, extra });
    }
  },
});

/** The ten best bids of each auction. */
export const q19: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => bid.auction)
    .process(topBids, { uid: "top-bids" });

/** By time, then price, then channel, then extra. */
function isLater(bid: Bid, last: Bid | undefined): boolean {
  if (last === undefined) return true;
  if (bid.dateTime !== last.dateTime) return bid.dateTime > last.dateTime;
  if (bid.price !== last.price) return bid.price > last.price;
  if (bid.channel !== last.channel) return bid.channel > last.channel;
  return bid.extra > last.extra;
}

/** The higher price first, then the earlier bid, then the smaller bidder, channel, extra. */
function isBefore(bid: Bid, other: Bid): boolean {
  if (bid.price !== other.price) return bid.price > other.price;
  if (bid.dateTime !== other.dateTime) return bid.dateTime < other.dateTime;
  if (bid.bidder !== other.bidder) return bid.bidder < other.bidder;
  if (bid.channel !== other.channel) return bid.channel < other.channel;
  return bid.extra < other.extra;
}
