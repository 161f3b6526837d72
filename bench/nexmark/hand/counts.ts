import type { Bid } from "../generator/events.ts";
import { dayOf, dayText, minuteText, rankOf } from "../queries/times.ts";
import { type HandLoop, held } from "./loop.ts";

export const q15: HandLoop = (input, emit) => {
  const days = new Map<number, Distinct>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const day = dayOf(e);
    const d = held(days, day, () => new Distinct(dayText(day)));
    d.add(e);
    emit(d.dayRow());
  }
};

export const q16: HandLoop = (input, emit) => {
  const groups = new Map<string, Map<number, Distinct>>();
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const day = dayOf(e);
    const d = held(
      held(groups, e.channel, () => new Map<number, Distinct>()),
      day,
      () => new Distinct(dayText(day)),
    );
    d.add(e);
    const minute = Math.floor(e.dateTime / 60_000) % 1_440;
    if (minute > d.minute) d.minute = minute;
    emit(d.channelRow(e.channel));
  }
};

/** Bids, bidders and auctions in all and by price band. */
class Distinct {
  minute = 0;
  readonly #day: string;
  readonly #bids = [0, 0, 0, 0] as [number, number, number, number];
  readonly #bidders = [0, 0, 0, 0] as [number, number, number, number];
  readonly #auctions = [0, 0, 0, 0] as [number, number, number, number];
  readonly #masksOfBidders = new Map<number, number>();
  readonly #masksOfAuctions = new Map<number, number>();

  constructor(day: string) {
    this.#day = day;
  }

  add(bid: Bid): void {
    const rank = rankOf(bid.price);
    this.#bids[0]++;
    this.#bids[rank]++;
    see(this.#masksOfBidders, bid.bidder, rank, this.#bidders);
    see(this.#masksOfAuctions, bid.auction, rank, this.#auctions);
  }

  dayRow(): object {
    const [n, p, a] = [this.#bids, this.#bidders, this.#auctions];
    return {
      day: this.#day,
      total_bids: n[0],
      rank1_bids: n[1],
      rank2_bids: n[2],
      rank3_bids: n[3],
      total_bidders: p[0],
      rank1_bidders: p[1],
      rank2_bidders: p[2],
      rank3_bidders: p[3],
      total_auctions: a[0],
      rank1_auctions: a[1],
      rank2_auctions: a[2],
      rank3_auctions: a[3],
    };
  }

  channelRow(channel: string): object {
    const [n, p, a] = [this.#bids, this.#bidders, this.#auctions];
    return {
      channel,
      day: this.#day,
      minute: minuteText(this.minute),
      total_bids: n[0],
      rank1_bids: n[1],
      rank2_bids: n[2],
      rank3_bids: n[3],
      total_bidders: p[0],
      rank1_bidders: p[1],
      rank2_bidders: p[2],
      rank3_bidders: p[3],
      total_auctions: a[0],
      rank1_auctions: a[1],
      rank2_auctions: a[2],
      rank3_auctions: a[3],
    };
  }
}

function see(masks: Map<number, number>, id: number, rank: 1 | 2 | 3, counts: [number, number, number, number]): void {
  const before = masks.get(id) ?? 0;
  const now = before | 1 | (1 << rank);
  if (now === before) return;
  masks.set(id, now);
  if ((before & 1) === 0) counts[0]++;
  if ((before & (1 << rank)) === 0) counts[rank]++;
}
