import type { Bid } from "../generator/events.ts";
import { isBid, type Query } from "./query.ts";

const SIDE_ROWS = 10_000;
const EURO = 0.908;

/** Every bid, projected. */
export const q0: Query = (events) =>
  events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }));

/** Prices in another currency. */
export const q1: Query = (events) =>
  events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price: EURO * price, dateTime, extra }));

/** Bids on some auctions. */
export const q2: Query = (events) =>
  events
    .filter(isBid)
    .filter((bid) => bid.auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price }));

/** Bids joined with a bounded side table. */
export const q13: Query = (events) => {
  const side = Array.from({ length: SIDE_ROWS }, (_, key) => `side-${key}`);
  return events
    .filter(isBid)
    .map(({ auction, bidder, price, dateTime }) => ({ auction, bidder, price, dateTime, value: side[auction % SIDE_ROWS] as string }));
};

/** Bids of a price range, with what a function finds in them. */
export const q14: Query = (events) =>
  events
    .filter(isBid)
    .filter(isInRange)
    .map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: EURO * price,
      bidTimeType: timeType(dateTime),
      dateTime,
      extra,
      c_counts: countOfC(extra),
    }));

/** Directories of the URL. */
export const q22: Query = (events) =>
  events.filter(isBid).map(({ auction, bidder, price, channel, url }) => {
    const first = url.indexOf("/", "https://".length);
    const second = url.indexOf("/", first + 1);
    const third = url.indexOf("/", second + 1);
    const end = url.indexOf("/", third + 1);
    return {
      auction,
      bidder,
      price,
      channel,
      dir1: url.substring(first + 1, second),
      dir2: url.substring(second + 1, third),
      dir3: url.substring(third + 1, end),
    };
  });

function isInRange(bid: Bid): boolean {
  const price = EURO * bid.price;
  return price > 1_000_000 && price < 50_000_000;
}

function timeType(dateTime: number): string {
  const hour = Math.floor(dateTime / 3_600_000) % 24;
  if (hour >= 8 && hour <= 18) return "dayTime";
  return hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
}

/** By searches: a look at each character of a text that is a piece of another takes 5 ns. */
function countOfC(text: string): number {
  let count = 0;
  for (let at = text.indexOf("c"); at >= 0; at = text.indexOf("c", at + 1)) count++;
  return count;
}
