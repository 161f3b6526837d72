import { type Collector, defineKeyedProcess, state, t } from "millrace";
import type { Auction, Bid } from "../generator/events.ts";
import { auctionCodec, bidCodec } from "./codecs.ts";
import { auctionOf, isOfAuction, type Query } from "./query.ts";

/** An auction counts once the watermark passes its expiry, if a bid was made while it was open. */
const finalPrices = defineKeyedProcess({
  state: {
    open: state.value(t.object({ from: t.integer(), to: t.integer(), category: t.integer() })),
    best: state.value(t.integer()),
    early: state.list(t.object({ at: t.integer(), price: t.integer() })),
  },
  processElement(event: Auction | Bid, context, out: Collector<{ category: number; price: number }>) {
    void out;
    const { open, best, early } = context.state;
    if (event.kind === "bid") {
      const auction = open.value();
      if (auction === undefined) {
        if (event.dateTime > context.currentWatermark()) early.add({ at: event.dateTime, price: event.price });
      } else if (event.dateTime >= auction.from && event.dateTime <= auction.to && event.price > (best.value() ?? 0)) best.update(event.price);
      return;
    }
    const { dateTime: from, expires: to, category } = event;
    open.update({ from, to, category });
    context.timers.registerEventTimeTimer(to);
    const prices = early
      .get()
      .filter(({ at }) => at >= from && at <= to)
      .map(({ price }) => price);
    if (prices.length > 0) best.update(Math.max(...prices));
    early.clear();
  },
  onTimer(_time, context, out) {
    const { open, best } = context.state;
    const price = best.value();
    const category = open.value()?.category;
    if (price !== undefined && category !== undefined) out.collect({ category, price });
    open.clear();
    best.clear();
  },
});

const meanOfCategory = defineKeyedProcess({
  state: { sum: state.value(t.object({ sum: t.number(), count: t.integer() })) },
  processElement({ category, price }: { category: number; price: number }, context, out: Collector<object>) {
    const before = context.state.sum.value() ?? { sum: 0, count: 0 };
    const now = { sum: before.sum + price, count: before.count + 1 };
    context.state.sum.update(now);
    out.collect({ category, final: now.sum / now.count });
  },
});

/** The mean final price of each category. */
export const q4: Query = (events) =>
  events
    .filter(isOfAuction)
    .keyBy(auctionOf)
    .process(finalPrices, { uid: "final-prices" })
    .keyBy(({ category }) => category)
    .process(meanOfCategory, { uid: "mean-of-category" });

const winningBids = defineKeyedProcess({
  state: { auction: state.value(auctionCodec), best: state.value(bidCodec), early: state.list(bidCodec) },
  processElement(event: Auction | Bid, context, out: Collector<object>) {
    void out;
    const { auction, best, early } = context.state;
    if (event.kind === "bid") {
      const open = auction.value();
      if (open !== undefined) {
        if (isValid(event, open) && wins(event, best.value())) best.update(event);
      } else if (event.dateTime > context.currentWatermark()) early.add(event);
      return;
    }
    auction.update(event);
    context.timers.registerEventTimeTimer(event.expires);
    for (const bid of early.get()) if (isValid(bid, event) && wins(bid, best.value())) best.update(bid);
    early.clear();
  },
  onTimer(_time, context, out) {
    const { auction, best } = context.state;
    const [sold, bid] = [auction.value(), best.value()];
    if (sold !== undefined && bid !== undefined) out.collect(rowOf(sold, bid));
    auction.clear();
    best.clear();
  },
});

/** Each auction with its winning bid. */
export const q9: Query = (events) => events.filter(isOfAuction).keyBy(auctionOf).process(winningBids, { uid: "winning-bids" });

function isValid(bid: Bid, auction: Auction): boolean {
  return bid.dateTime >= auction.dateTime && bid.dateTime <= auction.expires;
}

/** The higher price wins, then the earlier bid, then the smaller bidder, then the smaller extra. */
function wins(bid: Bid, best: Bid | undefined): boolean {
  if (best === undefined) return true;
  if (bid.price !== best.price) return bid.price > best.price;
  if (bid.dateTime !== best.dateTime) return bid.dateTime < best.dateTime;
  if (bid.bidder !== best.bidder) return bid.bidder < best.bidder;
  return bid.extra < best.extra;
}

function rowOf(auction: Auction, bid: Bid): object {
  return {
    id: auction.id,
    itemName: auction.itemName,
    description: auction.description,
    initialBid: auction.initialBid,
    reserve: auction.reserve,
    dateTime: auction.dateTime,
    expires: auction.expires,
    seller: auction.seller,
    category: auction.category,
    extra: auction.extra,
    auction: bid.auction,
    bidder: bid.bidder,
    price: bid.price,
    bid_dateTime: bid.dateTime,
    bid_extra: bid.extra,
  };
}
