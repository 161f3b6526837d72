import type { MatchBuffer } from "./match-buffer.ts";

/** The numbers of a match's events by pattern name, each list in order. */
export type EventNumbers = readonly (readonly number[])[];

export function eventNumbers(buffer: MatchBuffer, entry: number, names: number): EventNumbers {
  const found: number[][] = Array.from({ length: names }, () => []);
  buffer.walkBack(entry, (name, event) => found[name]?.push(event));
  for (const events of found) events.reverse();
  return found;
}

/** The events themselves; every name is there, those without events with an empty list. */
export function materialize(buffer: MatchBuffer, names: readonly string[], numbers: EventNumbers): Readonly<Record<string, readonly unknown[]>> {
  return Object.fromEntries(names.map((name, index) => [name, (numbers[index] ?? []).map((number) => buffer.eventOf(number))]));
}
