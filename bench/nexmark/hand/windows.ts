import type { Bid } from "../generator/events.ts";
import { type HandLoop, held, WindowEnds } from "./loop.ts";

const WINDOW_MS = 10_000;
const SLIDE_MS = 2_000;

/** Counts by slides of two seconds; a window adds up five of them. */
export const q5: HandLoop = (input, emit) => {
  const panes = new Map<number, Map<number, { n: number }>>();
  let pane = new Map<number, { n: number }>();
  let paneEnd = -1;
  const fire = (end: number): void => {
    const counts = new Map<number, number>();
    let most = 0;
    for (let p = end - WINDOW_MS + SLIDE_MS; p <= end; p += SLIDE_MS) {
      for (const [auction, cell] of panes.get(p) ?? []) {
        const num = (counts.get(auction) ?? 0) + cell.n;
        counts.set(auction, num);
        if (num > most) most = num;
      }
    }
    for (const [auction, num] of counts) if (num === most) emit({ auction, num, starttime: end - WINDOW_MS, endtime: end });
    panes.delete(end - WINDOW_MS + SLIDE_MS);
  };
  const ends = new WindowEnds(SLIDE_MS, fire);
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") {
      const end = e.dateTime - (e.dateTime % SLIDE_MS) + SLIDE_MS;
      if (end !== paneEnd) {
        paneEnd = end;
        pane = held(panes, end, () => new Map());
      }
      const cell = pane.get(e.auction);
      if (cell === undefined) pane.set(e.auction, { n: 1 });
      else cell.n++;
    }
    if (e.dateTime > ends.highest) ends.advance(e.dateTime);
  }
  for (let { next } = ends, last = Math.max(...panes.keys()) + WINDOW_MS - SLIDE_MS; next <= last; next += SLIDE_MS) fire(next);
};

export const q7: HandLoop = (input, emit) => {
  const windows = new Map<number, { price: number; bids: Bid[] }>();
  let window = { price: -1, bids: [] as Bid[] };
  let windowEnd = -1;
  const fire = (end: number): void => {
    for (const b of windows.get(end)?.bids ?? []) {
      emit({ auction: b.auction, bidder: b.bidder, price: b.price, dateTime: b.dateTime, extra: b.extra });
    }
    windows.delete(end);
  };
  const ends = new WindowEnds(WINDOW_MS, fire);
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") {
      const end = e.dateTime - (e.dateTime % WINDOW_MS) + WINDOW_MS;
      if (end !== windowEnd) {
        windowEnd = end;
        window = held(windows, end, () => ({ price: -1, bids: [] }));
      }
      if (e.price > window.price) {
        window.price = e.price;
        window.bids = [e];
      } else if (e.price === window.price) window.bids.push(e);
    }
    if (e.dateTime > ends.highest) ends.advance(e.dateTime);
  }
  for (const end of [...windows.keys()].sort()) fire(end);
};

export const q8: HandLoop = (input, emit) => {
  const windows = new Map<number, Map<number, { name: string; sold: boolean }>>();
  let window = new Map<number, { name: string; sold: boolean }>();
  let windowEnd = -1;
  const fire = (end: number): void => {
    for (const [id, { name, sold }] of windows.get(end) ?? []) {
      if (name !== "" && sold) emit({ id, name, starttime: end - WINDOW_MS, endtime: end });
    }
    windows.delete(end);
  };
  const ends = new WindowEnds(WINDOW_MS, fire);
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") {
      const end = e.dateTime - (e.dateTime % WINDOW_MS) + WINDOW_MS;
      if (end !== windowEnd) {
        windowEnd = end;
        window = held(windows, end, () => new Map());
      }
      const person = held(window, e.kind === "person" ? e.id : e.seller, () => ({ name: "", sold: false }));
      if (e.kind === "person") person.name = e.name;
      else person.sold = true;
    }
    if (e.dateTime > ends.highest) ends.advance(e.dateTime);
  }
  for (const end of [...windows.keys()].sort()) fire(end);
};

/** Windows of processing time; the clock is read for every bid, as an engine does. */
export const q12: HandLoop = (input, emit) => {
  let counts = new Map<number, { n: number }>();
  let end = 0;
  const fire = (): void => {
    for (const [bidder, { n }] of counts) emit({ bidder, bid_count: n, starttime: end - WINDOW_MS, endtime: end });
    counts = new Map();
  };
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const now = Date.now();
    if (now >= end) {
      fire();
      end = now - (now % WINDOW_MS) + WINDOW_MS;
    }
    const cell = counts.get(e.bidder);
    if (cell === undefined) counts.set(e.bidder, { n: 1 });
    else cell.n++;
  }
  fire();
};
