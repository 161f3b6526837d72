import { type Collector, type DataStream, defineKeyedCoProcess, state, t } from "millrace";
import type { Auction, Bid, Event, Person } from "../generator/events.ts";
import { auctionCodec, bidCodec } from "./codecs.ts";
import { isBid, type Query } from "./query.ts";

const CATEGORY = 10;
const STATES_OF_INTEREST = new Set(["OR", "ID", "CA"]);

const withSeller = defineKeyedCoProcess({
  state: {
    seller: state.value(t.object({ name: t.string(), city: t.string(), state: t.string() })),
    waiting: state.list(t.integer()),
  },
  processElement1(auction: Auction, context, out: Collector<object>) {
    const seller = context.state.seller.value();
    if (seller === undefined) context.state.waiting.add(auction.id);
    else out.collect({ name: seller.name, city: seller.city, state: seller.state, id: auction.id });
  },
  processElement2(person: Person, context, out) {
    const seller = { name: person.name, city: person.city, state: person.state };
    context.state.seller.update(seller);
    for (const id of context.state.waiting.get()) out.collect({ name: person.name, city: person.city, state: person.state, id });
    context.state.waiting.clear();
  },
});

/** Auctions of a category with their sellers from some states; an auction waits for its seller without end. */
export const q3: Query = (events) => {
  const auctions = events.filter((event): event is Auction => event.kind === "auction" && event.category === CATEGORY);
  const sellers = events.filter((event): event is Person => event.kind === "person" && STATES_OF_INTEREST.has(event.state));
  return auctions
    .keyBy((auction) => auction.seller)
    .connect(sellers.keyBy((person) => person.id))
    .process(withSeller, { uid: "with-seller" });
};

const withAuction = defineKeyedCoProcess({
  state: {
    /** null: of another category. */
    auction: state.value(t.nullable(auctionCodec)),
    waiting: state.list(bidCodec),
  },
  processElement1(auction: Auction, context, out: Collector<object>) {
    const wanted = auction.category === CATEGORY;
    context.state.auction.update(wanted ? auction : null);
    if (wanted) for (const bid of context.state.waiting.get()) out.collect(joined(bid, auction));
    context.state.waiting.clear();
  },
  processElement2(bid: Bid, context, out) {
    const auction = context.state.auction.value();
    if (auction === undefined) context.state.waiting.add(bid);
    else if (auction !== null) out.collect(joined(bid, auction));
  },
});

/** Bids with their auctions of a category; a bid waits for its auction without end. */
export const q20: Query = (events) =>
  auctionsOf(events)
    .keyBy((auction) => auction.id)
    .connect(events.filter(isBid).keyBy((bid) => bid.auction))
    .process(withAuction, { uid: "with-auction" });

function auctionsOf(events: DataStream<Event>): DataStream<Auction> {
  return events.filter((event): event is Auction => event.kind === "auction");
}

function joined(bid: Bid, auction: Auction): object {
  return {
    auction: bid.auction,
    bidder: bid.bidder,
    price: bid.price,
    channel: bid.channel,
    url: bid.url,
    bid_dateTime: bid.dateTime,
    bid_extra: bid.extra,
    itemName: auction.itemName,
    description: auction.description,
    initialBid: auction.initialBid,
    reserve: auction.reserve,
    auction_dateTime: auction.dateTime,
    expires: auction.expires,
    seller: auction.seller,
    category: auction.category,
    auction_extra: auction.extra,
  };
}
