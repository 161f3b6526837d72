import type { HarnessStep } from "../../src/harness/index.ts";
import { firedLine, type Reading } from "./window-harness.ts";

/** A reading that windows took, with the step at which it came and the watermark it found. */
interface Taken extends Reading {
  readonly timestamp: number;
  readonly step: number;
}

interface Firing {
  readonly step: number;
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** A firing shows what was taken up to its step. */
  readonly members: readonly Taken[];
}

/**
 * What windows with the default event-time trigger must give, from the whole history at once: no state, no timers. For
 * every window that any reading could lie in: who was in time, when the watermark passed the end, who came after that.
 */
export function alignedOracle(list: readonly HarnessStep[], window: { size: number; slide: number; offset: number }, latenessMs: number): string[][] {
  const lines: string[][] = list.map(() => []);
  const watermarks = watermarksBefore(list);
  const readings = readingsOf(list);
  const inSomeWindow = new Set<Taken>();
  const firings: Firing[] = [];

  for (const key of new Set(readings.map((reading) => reading.key))) {
    for (const start of startsAround(readings, window)) {
      const end = start + window.size;
      const members = readings.filter(
        (one) => one.key === key && start <= one.timestamp && one.timestamp < end && end - 1 + latenessMs > (watermarks[one.step] ?? 0),
      );
      for (const member of members) inSomeWindow.add(member);
      const passed = list.findIndex((step, at) => step.kind === "watermark" && step.watermark >= end - 1 && members.some((one) => one.step < at));
      const firstStep = members[0]?.step ?? -1;
      const fires = list.flatMap((_, at) => {
        const late = members.some((one) => one.step === at && (watermarks[at] ?? 0) >= end - 1);
        return late || (at === passed && (watermarks[firstStep] ?? 0) < end - 1) ? [at] : [];
      });
      for (const step of fires) firings.push({ step, key, start, end, members: members.filter((one) => one.step <= step) });
    }
  }

  firings.sort((a, b) => a.step - b.step || (list[a.step]?.kind === "watermark" ? a.end - b.end : b.end - a.end));
  for (const firing of firings) lines[firing.step]?.push(lineOf(firing));
  for (const reading of readings) {
    // Flink adds the greatest long to the reading's time; from 1 on the sum begins anew at the least long, the first watermark.
    const lateForFlink = reading.timestamp === 1 || (reading.timestamp > 1 && watermarks[reading.step] !== Number.NEGATIVE_INFINITY);
    const late = latenessMs === Number.POSITIVE_INFINITY ? lateForFlink : reading.timestamp + latenessMs <= (watermarks[reading.step] ?? 0);
    if (late && !inSomeWindow.has(reading)) lines[reading.step]?.push(`late ${reading.id}`);
  }
  return lines;
}

/** As alignedOracle, for sessions: at every step the readings that still count are clustered anew from nothing. */
export function sessionOracle(list: readonly HarnessStep[], gap: number, latenessMs: number): string[][] {
  const lines: string[][] = list.map(() => []);
  let live: Taken[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  for (const [at, step] of list.entries()) {
    const out = lines[at] ?? [];
    if (step.kind === "watermark") {
      const before = watermark;
      watermark = step.watermark;
      const due = clusters(live, gap).filter((one) => one.end - 1 > before && one.end - 1 <= watermark);
      due.sort((a, b) => a.end - b.end);
      out.push(...due.map((one) => lineOf({ ...one, step: at })));
      live = clusters(live, gap).flatMap((one) => (one.end - 1 + latenessMs <= watermark ? [] : one.members));
    } else if (step.kind === "element") {
      const reading: Taken = { ...(step.value as Reading), timestamp: step.timestamp, step: at };
      const joined = clusters([...live, reading], gap).find((one) => one.members.includes(reading));
      if (joined === undefined) throw new Error("a reading is in one of the clusters of all readings");
      if (joined.end - 1 + latenessMs <= watermark) out.push(`late ${reading.id}`);
      else live.push(reading);
      if (live.includes(reading) && joined.end - 1 <= watermark) out.push(lineOf({ ...joined, step: at }));
    }
  }
  return lines;
}

function clusters(readings: readonly Taken[], gap: number): Omit<Firing, "step">[] {
  const found: { key: string; start: number; end: number; members: Taken[] }[] = [];
  for (const reading of readings.toSorted((a, b) => a.timestamp - b.timestamp)) {
    const last = found.findLast((one) => one.key === reading.key);
    if (last !== undefined && reading.timestamp <= last.end) {
      last.end = Math.max(last.end, reading.timestamp + gap);
      last.members.push(reading);
    } else {
      found.push({ key: reading.key, start: reading.timestamp, end: reading.timestamp + gap, members: [reading] });
    }
  }
  return found;
}

function lineOf(firing: Firing): string {
  const ids = firing.members.map((one) => one.id).sort((a, b) => a - b);
  return firedLine({ key: firing.key, start: firing.start, end: firing.end, ids }, firing.end - 1);
}

function readingsOf(list: readonly HarnessStep[]): Taken[] {
  return list.flatMap((step, at) => (step.kind === "element" ? [{ ...(step.value as Reading), timestamp: step.timestamp, step: at }] : []));
}

/** The watermark that each step finds. */
function watermarksBefore(list: readonly HarnessStep[]): number[] {
  let watermark = Number.NEGATIVE_INFINITY;
  return list.map((step) => {
    const before = watermark;
    if (step.kind === "watermark") watermark = step.watermark;
    return before;
  });
}

/** Every possible start near the readings, found by counting up from the offset rather than by a remainder. */
function startsAround(readings: readonly Taken[], window: { size: number; slide: number; offset: number }): number[] {
  const times = readings.map((reading) => reading.timestamp);
  const from = Math.min(...times) - window.size - window.slide;
  const first = window.offset + Math.floor((from - window.offset) / window.slide) * window.slide;
  const starts: number[] = [];
  for (let start = first; start <= Math.max(...times); start += window.slide) starts.push(start);
  return starts;
}
