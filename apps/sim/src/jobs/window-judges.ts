import type { Reading } from "./reading.ts";

/** Lines of tumbling or sliding sums when nothing is late. */
export function fixedWindowSums(name: string, input: readonly Reading[], sizeMs: number, slideMs: number): string[] {
  const sums = new Map<string, number>();
  for (const { sensor, at, value } of input) {
    for (let start = Math.floor(at / slideMs) * slideMs; start > at - sizeMs; start -= slideMs) {
      const place = `${name} ${sensor} ${start} ${start + sizeMs}`;
      sums.set(place, (sums.get(place) ?? 0) + value);
    }
  }
  return [...sums].map(([place, sum]) => `${place} ${sum}`);
}

/** Lines of session sums when nothing is late. */
export function sessionSums(name: string, input: readonly Reading[], gapMs: number): string[] {
  return sumsOf(
    name,
    joinedSessions(input, () => gapMs),
  );
}

/** Lines of sums, one for each session. */
export function sumsOf(name: string, sessions: readonly JoinedSession[]): string[] {
  return sessions.map(({ sensor, start, end, ones }) => `${name} ${sensor} ${start} ${end} ${ones.reduce((sum, { value }) => sum + value, 0)}`);
}

export interface JoinedSession {
  readonly sensor: string;
  readonly start: number;
  end: number;
  readonly ones: Reading[];
}

/** The sessions of each sensor when nothing is late, in their order. */
export function joinedSessions(input: readonly Reading[], gapOf: (one: Reading) => number): JoinedSession[] {
  const sessions: JoinedSession[] = [];
  for (const [sensor, ones] of Map.groupBy(input, (one) => one.sensor)) {
    let open: JoinedSession | undefined;
    for (const one of ones.toSorted((a, b) => a.at - b.at)) {
      if (open === undefined || one.at > open.end) {
        open = { sensor, start: one.at, end: one.at, ones: [] };
        sessions.push(open);
      }
      open.end = Math.max(open.end, one.at + gapOf(one));
      open.ones.push(one);
    }
  }
  return sessions;
}

/** Every reading is in the last firing of its window or aside as late, whatever was late; no window is made anew. */
export function everythingOnceOrLate(input: readonly Reading[], lines: readonly string[], sizeMs: number): string | undefined {
  const missing = new Map<string, number>();
  const placeOf = (sensor: string, at: number): string => `${sensor} ${Math.floor(at / sizeMs) * sizeMs}`;
  const add = (place: string, value: number): void => void missing.set(place, (missing.get(place) ?? 0) + value);
  for (const { sensor, at, value } of input) add(placeOf(sensor, at), value);
  const largest = new Map<string, number>();
  for (const line of lines) {
    const [name, sensor = "", first, second, third] = line.split(" ");
    if (name === "late") add(placeOf(sensor, Number(first)), -Number(second));
    else largest.set(`${sensor} ${first}`, Math.max(largest.get(`${sensor} ${first}`) ?? 0, Number(third)));
    if (name !== "late" && Number(second) - Number(first) !== sizeMs) return `a window of another size: ${line}`;
  }
  for (const [place, sum] of largest) add(place, -sum);
  const wrong = [...missing].find(([, sum]) => sum !== 0);
  return wrong === undefined ? undefined : `late: the window ${wrong[0]} and what was late for it lack ${wrong[1]}`;
}
