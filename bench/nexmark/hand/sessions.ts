import { type HandLoop, held, WindowEnds } from "./loop.ts";

const GAP_MS = 10_000;
const LOOK_MS = 1_000;

interface Session {
  readonly bidder: number;
  start: number;
  end: number;
  count: number;
  merged: boolean;
}

export const q11: HandLoop = (input, emit) => {
  const open = new Map<number, Session[]>();
  /** Sessions to look at when that second is over. */
  const due = new Map<number, Session[]>();
  const schedule = (s: Session): void => {
    held(due, Math.floor(s.end / LOOK_MS) + 1, () => []).push(s);
  };
  const close = (s: Session): void => {
    emit({ bidder: s.bidder, bid_count: s.count, starttime: s.start, endtime: s.end });
    const list = open.get(s.bidder) ?? [];
    if (list.length === 1) open.delete(s.bidder);
    else list.splice(list.indexOf(s), 1);
  };
  const ends = new WindowEnds(LOOK_MS, (end) => {
    const list = due.get(end / LOOK_MS) ?? [];
    due.delete(end / LOOK_MS);
    for (const s of list) {
      if (s.merged) continue;
      if (s.end <= end) close(s);
      else schedule(s);
    }
  });
  for (let i = 0; i < input.events; i++) {
    const e = input.at(i);
    if (e.kind === "bid" && !extend(open.get(e.bidder), e.dateTime)) {
      const s: Session = { bidder: e.bidder, start: e.dateTime, end: e.dateTime + GAP_MS, count: 1, merged: false };
      held(open, e.bidder, () => []).push(s);
      schedule(s);
    }
    if (e.dateTime > ends.highest) ends.advance(e.dateTime);
  }
  for (const list of [...open.values()]) for (const s of [...list]) close(s);
};

/** Adds a bid to a session that it overlaps or touches, and joins others that it bridges. False: there is none. */
function extend(list: Session[] | undefined, time: number): boolean {
  if (list === undefined) return false;
  let hit: Session | undefined;
  for (let k = list.length - 1; k >= 0; k--) {
    const s = list[k] as Session;
    if (time > s.end || time + GAP_MS < s.start) continue;
    if (hit === undefined) {
      hit = s;
      if (time < s.start) s.start = time;
      if (time + GAP_MS > s.end) s.end = time + GAP_MS;
      s.count++;
    } else {
      hit.start = Math.min(hit.start, s.start);
      hit.end = Math.max(hit.end, s.end);
      hit.count += s.count;
      s.merged = true;
      list.splice(k, 1);
    }
  }
  return hit !== undefined;
}
