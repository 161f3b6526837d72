import { type Collector, defineKeyedProcess, type MapState, state, t } from "millrace";
import type { Bid } from "../generator/events.ts";
import { isBid, type Query } from "./query.ts";
import { dayOf, dayText, minuteOf, minuteText, rankOf } from "./times.ts";

/** What a bid changes. One object serves all records: the state takes from it what it needs. */
interface Change {
  rank: number;
  /** Of the day, where it is wanted. */
  minute: number;
  /** Bit 0: the bidder is new; bit 1 to 3: new in that price band. */
  bidder: number;
  auction: number;
}

/** Counts by place: in all, then by the three price bands; of bids, then of bidders, then of auctions; last the latest minute. */
const counts = state.aggregating<Change, number[], readonly number[]>(t.array(t.integer()), {
  createAccumulator: () => new Array<number>(13).fill(0),
  add(change, all) {
    all[0] = at(all, 0) + 1;
    all[change.rank] = at(all, change.rank) + 1;
    addNew(all, 4, change.bidder);
    addNew(all, 8, change.auction);
    if (change.minute > at(all, 12)) all[12] = change.minute;
    return all;
  },
  getResult: (all) => all,
});

const distinct = { counts, bidders: state.map(t.integer(), t.integer()), auctions: state.map(t.integer(), t.integer()) };
const change: Change = { rank: 0, minute: 0, bidder: 0, auction: 0 };

const countsOfDay = defineKeyedProcess({
  state: distinct,
  processElement(bid: Bid, context, out: Collector<object>) {
    const { bidders, auctions, counts } = context.state;
    heed(bid, bidders, auctions);
    counts.add(change);
    out.collect(dayRow(dayText(dayOf(bid)), counts.get() ?? []));
  },
});

const countsOfChannel = defineKeyedProcess({
  state: distinct,
  processElement(bid: Bid, context, out: Collector<object>) {
    const { bidders, auctions, counts } = context.state;
    change.minute = minuteOf(bid);
    heed(bid, bidders, auctions);
    counts.add(change);
    const all = counts.get() ?? [];
    out.collect(channelRow(bid.channel, dayText(dayOf(bid)), minuteText(at(all, 12)), all));
  },
});

/** Bids, bidders and auctions of each day, by price band. */
export const q15: Query = (events) => events.filter(isBid).keyBy(dayOf).process(countsOfDay, { uid: "counts-of-day" });

/** The same of each channel. */
export const q16: Query = (events) =>
  events
    .filter(isBid)
    .keyBy((bid) => [bid.channel, dayOf(bid)])
    .process(countsOfChannel, { uid: "counts-of-channel" });

function heed(bid: Bid, bidders: MapState<number, number>, auctions: MapState<number, number>): void {
  const rank = rankOf(bid.price);
  change.rank = rank;
  change.bidder = newIn(bidders, bid.bidder, rank);
  change.auction = newIn(auctions, bid.auction, rank);
}

/** Marks an id as seen in its price band; which bits of its mask are new. */
function newIn(masks: MapState<number, number>, id: number, rank: number): number {
  const before = masks.get(id) ?? 0;
  const now = before | 1 | (1 << rank);
  if (now !== before) masks.put(id, now);
  return now & ~before;
}

function addNew(all: number[], from: number, bits: number): void {
  if (bits === 0) return;
  for (let place = 0; place < 4; place++) if ((bits & (1 << place)) !== 0) all[from + place] = at(all, from + place) + 1;
}

function at(all: readonly number[], place: number): number {
  return all[place] as number;
}

// Both rows are written out: an object spread copies field by field through the slow way.
function dayRow(day: string, all: readonly number[]): object {
  return {
    day,
    total_bids: all[0],
    rank1_bids: all[1],
    rank2_bids: all[2],
    rank3_bids: all[3],
    total_bidders: all[4],
    rank1_bidders: all[5],
    rank2_bidders: all[6],
    rank3_bidders: all[7],
    total_auctions: all[8],
    rank1_auctions: all[9],
    rank2_auctions: all[10],
    rank3_auctions: all[11],
  };
}

function channelRow(channel: string, day: string, minute: string, all: readonly number[]): object {
  return {
    channel,
    day,
    minute,
    total_bids: all[0],
    rank1_bids: all[1],
    rank2_bids: all[2],
    rank3_bids: all[3],
    total_bidders: all[4],
    rank1_bidders: all[5],
    rank2_bidders: all[6],
    rank3_bidders: all[7],
    total_auctions: all[8],
    rank1_auctions: all[9],
    rank2_auctions: all[10],
    rank3_auctions: all[11],
  };
}
