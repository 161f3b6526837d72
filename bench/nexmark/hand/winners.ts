import type { Auction, Bid } from "../generator/events.ts";
import type { MeasuredInput } from "../input.ts";
import { type HandLoop, held, LAG_MS } from "./loop.ts";

interface Open {
  readonly auction: Auction;
  best: Bid | undefined;
}

export const q4: HandLoop = (input, emit) => {
  const sums = new Map<number, { sum: number; count: number }>();
  winners(input, (auction, bid) => {
    const s = held(sums, auction.category, () => ({ sum: 0, count: 0 }));
    s.sum += bid.price;
    s.count++;
    emit({ category: auction.category, final: s.sum / s.count });
  });
};

export const q9: HandLoop = (input, emit) =>
  winners(input, (a, b) =>
    emit({
      id: a.id,
      itemName: a.itemName,
      description: a.description,
      initialBid: a.initialBid,
      reserve: a.reserve,
      dateTime: a.dateTime,
      expires: a.expires,
      seller: a.seller,
      category: a.category,
      extra: a.extra,
      auction: b.auction,
      bidder: b.bidder,
      price: b.price,
      bid_dateTime: b.dateTime,
      bid_extra: b.extra,
    }),
  );

/** Tells each auction with its winning bid once the watermark has passed its expiry. */
function winners(input: MeasuredInput, closed: (auction: Auction, bid: Bid) => void): void {
  const open = new Map<number, Open>();
  const early = new Map<number, Bid[]>();
  const expiring = new Map<number, Open[]>();
  let highest = Number.NEGATIVE_INFINITY;
  let passed = Number.NEGATIVE_INFINITY;
  const expire = (list: readonly Open[]): void => {
    for (const { auction, best } of list) {
      if (best !== undefined) closed(auction, best);
      open.delete(auction.id);
    }
  };
  const advance = (time: number): void => {
    highest = time;
    const watermark = time - LAG_MS - 1;
    for (let ms = passed === Number.NEGATIVE_INFINITY ? watermark : passed + 1; ms <= watermark; ms++) {
      const list = expiring.get(ms);
      if (list === undefined) continue;
      expire(list);
      expiring.delete(ms);
    }
    passed = watermark;
  };
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") {
      const a = open.get(e.auction);
      if (a !== undefined) bid(a, e);
      else if (e.dateTime > passed) held(early, e.auction, () => []).push(e);
    } else if (e.kind === "auction") {
      const a: Open = { auction: e, best: undefined };
      open.set(e.id, a);
      held(expiring, e.expires, () => []).push(a);
      for (const waiting of early.get(e.id) ?? []) bid(a, waiting);
      early.delete(e.id);
    }
    if (e.dateTime > highest) advance(e.dateTime);
  }
  for (const list of expiring.values()) expire(list);
}

function bid(a: Open, b: Bid): void {
  if (b.dateTime < a.auction.dateTime || b.dateTime > a.auction.expires) return;
  const w = a.best;
  if (w !== undefined) {
    if (b.price < w.price) return;
    if (b.price === w.price) {
      if (b.dateTime > w.dateTime) return;
      if (b.dateTime === w.dateTime && (b.bidder > w.bidder || (b.bidder === w.bidder && b.extra >= w.extra))) return;
    }
  }
  a.best = b;
}
