import type { Bid } from "../generator/events.ts";
import { dayOf, dayText } from "../queries/times.ts";
import { type HandLoop, held } from "./loop.ts";

const TOP = 10;

export const q17: HandLoop = (input, emit) => {
  const days = new Map<number, { text: string; auctions: Map<number, Prices> }>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const day = dayOf(e);
    const d = held(days, day, () => ({ text: dayText(day), auctions: new Map<number, Prices>() }));
    const c = held(d.auctions, e.auction, () => ({ total: 0, r1: 0, r2: 0, r3: 0, min: Number.POSITIVE_INFINITY, max: 0, sum: 0 }));
    const { price } = e;
    c.total++;
    if (price < 10_000) c.r1++;
    else if (price < 1_000_000) c.r2++;
    else c.r3++;
    if (price < c.min) c.min = price;
    if (price > c.max) c.max = price;
    c.sum += price;
    emit({
      auction: e.auction,
      day: d.text,
      total_bids: c.total,
      rank1_bids: c.r1,
      rank2_bids: c.r2,
      rank3_bids: c.r3,
      min_price: c.min,
      max_price: c.max,
      avg_price: c.sum / c.total,
      sum_price: c.sum,
    });
  }
};

interface Prices {
  total: number;
  r1: number;
  r2: number;
  r3: number;
  min: number;
  max: number;
  sum: number;
}

export const q18: HandLoop = (input, emit) => {
  const bidders = new Map<number, Map<number, Bid>>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const auctions = held(bidders, e.bidder, () => new Map<number, Bid>());
    const w = auctions.get(e.auction);
    if (w !== undefined) {
      if (e.dateTime < w.dateTime) continue;
      if (e.dateTime === w.dateTime) {
        if (e.price < w.price) continue;
        if (e.price === w.price && (e.channel < w.channel || (e.channel === w.channel && e.extra <= w.extra))) continue;
      }
    }
    auctions.set(e.auction, e);
    emit({ auction: e.auction, bidder: e.bidder, price: e.price, channel: e.channel, url: e.url, dateTime: e.dateTime, extra: e.extra });
  }
};

export const q19: HandLoop = (input, emit) => {
  const tops = new Map<number, Bid[]>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const top = held(tops, e.auction, () => []);
    let place = top.length;
    while (place > 0 && isBefore(e, top[place - 1] as Bid)) place--;
    if (place === TOP) continue;
    if (top.length === TOP) top.pop();
    top.splice(place, 0, e);
    for (let k = place; k < top.length; k++) {
      const b = top[k] as Bid;
      emit({
        auction: b.auction,
        rank_number: k + 1,
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        url: b.url,
        dateTime: b.dateTime,
        extra: b.extra,
      });
    }
  }
};

function isBefore(b: Bid, w: Bid): boolean {
  if (b.price !== w.price) return b.price > w.price;
  if (b.dateTime !== w.dateTime) return b.dateTime < w.dateTime;
  if (b.bidder !== w.bidder) return b.bidder < w.bidder;
  if (b.channel !== w.channel) return b.channel < w.channel;
  return b.extra < w.extra;
}
