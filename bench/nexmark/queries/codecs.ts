import { type Codec, t } from "millrace";
import type { Auction, Bid } from "../generator/events.ts";

export const bidCodec: Codec<Bid> = t.object({
  kind: t.literal("bid"),
  dateTime: t.integer(),
  auction: t.integer(),
  bidder: t.integer(),
  price: t.integer(),
  channel: t.string(),
  url: t.string(),
  extra: t.string(),
});

export const auctionCodec: Codec<Auction> = t.object({
  kind: t.literal("auction"),
  dateTime: t.integer(),
  id: t.integer(),
  itemName: t.string(),
  description: t.string(),
  initialBid: t.integer(),
  reserve: t.integer(),
  expires: t.integer(),
  seller: t.integer(),
  category: t.integer(),
  extra: t.string(),
});
