import { MillraceError } from "@millrace/core";
import type { AfterMatchSkip } from "../pattern/skip.ts";
import type { EventNumbers } from "./found-match.ts";

/** Which matches are dropped once `match` is emitted: those that begin with an event up to this number. undefined: none. */
export function skippedUpTo(skip: AfterMatchSkip, names: readonly string[], match: EventNumbers): number | undefined {
  switch (skip.kind) {
    case "noSkip":
      return undefined;
    case "skipToNext":
      return firstOf(match);
    case "skipPastLastEvent":
      return Math.max(...match.map((events) => events.at(-1) ?? Number.NEGATIVE_INFINITY));
    case "skipToFirst":
    case "skipToLast": {
      const events = match[names.indexOf(skip.name)] ?? [];
      const to = skip.kind === "skipToFirst" ? events[0] : events.at(-1);
      if (skip.throwOnMiss) refuseMiss(skip.name, to, firstOf(match));
      return to === undefined ? undefined : to - 1;
    }
  }
}

/** By the head of each list: they are in order, and a match may have more events than a call takes arguments. */
function firstOf(match: EventNumbers): number {
  return Math.min(...match.map((events) => events[0] ?? Number.POSITIVE_INFINITY));
}

function refuseMiss(name: string, to: number | undefined, first: number): void {
  if (to !== undefined && to !== first) return;
  throw new MillraceError(
    "CEP_SKIP",
    to === undefined ? `a match has no event "${name}" to skip to` : `a match begins with the event "${name}" that it should skip to`,
    {
      hint: "skip to an event that every match has behind its first one, or leave throwOnMiss out",
    },
  );
}
