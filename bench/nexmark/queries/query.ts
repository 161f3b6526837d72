import type { DataStream } from "millrace";
import type { Auction, Bid, Event } from "../generator/events.ts";

/** A query adds its nodes behind the stream of events and gives the stream of its rows. */
export type Query = (events: DataStream<Event>) => DataStream<object>;

export function isBid(event: Event): event is Bid {
  return event.kind === "bid";
}

/** What concerns auctions: they and their bids. */
export function isOfAuction(event: Event): event is Auction | Bid {
  return event.kind !== "person";
}

/** The auction that an auction or a bid is about. */
export function auctionOf(event: Auction | Bid): number {
  return event.kind === "bid" ? event.auction : event.id;
}
