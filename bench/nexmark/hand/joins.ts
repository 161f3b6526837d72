import type { Auction, Bid, Person } from "../generator/events.ts";
import { type HandLoop, held } from "./loop.ts";

export const q3: HandLoop = (input, emit) => {
  const persons = new Map<number, Person>();
  const waiting = new Map<number, number[]>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") continue;
    if (e.kind === "person") {
      if (e.state !== "OR" && e.state !== "ID" && e.state !== "CA") continue;
      persons.set(e.id, e);
      for (const id of waiting.get(e.id) ?? []) emit({ name: e.name, city: e.city, state: e.state, id });
      waiting.delete(e.id);
    } else if (e.category === 10) {
      const p = persons.get(e.seller);
      if (p !== undefined) emit({ name: p.name, city: p.city, state: p.state, id: e.id });
      else held(waiting, e.seller, () => []).push(e.id);
    }
  }
};

export const q20: HandLoop = (input, emit) => {
  const auctions = new Map<number, Auction | null>();
  const early = new Map<number, Bid[]>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") {
      const a = auctions.get(e.auction);
      if (a === undefined) held(early, e.auction, () => []).push(e);
      else if (a !== null) emit(joined(e, a));
    } else if (e.kind === "auction") {
      const wanted = e.category === 10;
      auctions.set(e.id, wanted ? e : null);
      if (wanted) for (const bid of early.get(e.id) ?? []) emit(joined(bid, e));
      early.delete(e.id);
    }
  }
};

function joined(b: Bid, a: Auction): object {
  return {
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    channel: b.channel,
    url: b.url,
    bid_dateTime: b.dateTime,
    bid_extra: b.extra,
    itemName: a.itemName,
    description: a.description,
    initialBid: a.initialBid,
    reserve: a.reserve,
    auction_dateTime: a.dateTime,
    expires: a.expires,
    seller: a.seller,
    category: a.category,
    auction_extra: a.extra,
  };
}
