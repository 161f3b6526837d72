import type { Bid } from "../generator/events.ts";

const DAY_MS = 86_400_000;
const days = new Map<number, string>();

/** Days since 1970, UTC. */
export function dayOf(bid: Bid): number {
  return Math.floor(bid.dateTime / DAY_MS);
}

/** yyyy-MM-dd */
export function dayText(day: number): string {
  let text = days.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    days.set(day, text);
  }
  return text;
}

/** The minute of the day, UTC. */
export function minuteOf(bid: Bid): number {
  return Math.floor(bid.dateTime / 60_000) % 1_440;
}

/** HH:mm of a minute of the day. */
export function minuteText(minute: number): string {
  return `${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}`;
}

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

/** The price band: below 10,000 is 1, below a million 2, else 3. */
export function rankOf(price: number): 1 | 2 | 3 {
  if (price < 10_000) return 1;
  return price < 1_000_000 ? 2 : 3;
}
