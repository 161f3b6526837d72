import type { HandLoop } from "./loop.ts";

export const q0: HandLoop = (input, emit) => {
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") emit({ auction: e.auction, bidder: e.bidder, price: e.price, dateTime: e.dateTime, extra: e.extra });
  }
};

export const q1: HandLoop = (input, emit) => {
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid") emit({ auction: e.auction, bidder: e.bidder, price: 0.908 * e.price, dateTime: e.dateTime, extra: e.extra });
  }
};

export const q2: HandLoop = (input, emit) => {
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid" && e.auction % 123 === 0) emit({ auction: e.auction, price: e.price });
  }
};

export const q13: HandLoop = (input, emit) => {
  const side = Array.from({ length: 10_000 }, (_, key) => `side-${key}`);
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    emit({ auction: e.auction, bidder: e.bidder, price: e.price, dateTime: e.dateTime, value: side[e.auction % 10_000] });
  }
};

export const q14: HandLoop = (input, emit) => {
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const price = 0.908 * e.price;
    if (price <= 1_000_000 || price >= 50_000_000) continue;
    const hour = Math.floor(e.dateTime / 3_600_000) % 24;
    let c = 0;
    for (let at = e.extra.indexOf("c"); at >= 0; at = e.extra.indexOf("c", at + 1)) c++;
    const bidTimeType = hour >= 8 && hour <= 18 ? "dayTime" : hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
    emit({ auction: e.auction, bidder: e.bidder, price, bidTimeType, dateTime: e.dateTime, extra: e.extra, c_counts: c });
  }
};

export const q22: HandLoop = (input, emit) => {
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind !== "bid") continue;
    const { url } = e;
    const a = url.indexOf("/", 8);
    const b = url.indexOf("/", a + 1);
    const c = url.indexOf("/", b + 1);
    const d = url.indexOf("/", c + 1);
    const [dir1, dir2, dir3] = [url.substring(a + 1, b), url.substring(b + 1, c), url.substring(c + 1, d)];
    emit({ auction: e.auction, bidder: e.bidder, price: e.price, channel: e.channel, dir1, dir2, dir3 });
  }
};
