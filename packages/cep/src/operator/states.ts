import { type Codec, t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { onceFor } from "@millrace/core";
import { gatheredCodec } from "@millrace/operators";
import type { Automaton } from "../compile/automaton.ts";

const partialMatch = t.object({
  state: t.integer(),
  entry: t.integer(),
  start: t.integer(),
  startTime: t.integer(),
  lastTime: t.integer(),
});

const bufferEntry = t.object({ name: t.integer(), event: t.integer(), previous: t.integer(), references: t.integer() });
const bufferEvent = onceFor((event: Codec<unknown>) => t.object({ event, entries: t.integer() }));
const matchesOf = onceFor(({ fingerprint }: Automaton) =>
  t.object({
    pattern: t.literal(fingerprint),
    partial: t.array(partialMatch),
    completed: t.array(partialMatch),
    nextEvent: t.integer(),
    nextEntry: t.integer(),
  }),
);

/** Everything that the operator keeps of a key, by its name in state. */
export function cepStates(automaton: Automaton, event: Codec<unknown>) {
  return {
    /** Partial matches; small, and rewritten when one of them changes. The pattern is part of its type, because numbers of states mean nothing under another one. */
    matches: state.value(matchesOf(automaton)),
    /** The match buffer: events, and the steps of partial matches. */
    events: state.map(t.integer(), bufferEvent(event)),
    entries: state.map(t.integer(), bufferEntry),
    /** Events that wait for their time, by that time. */
    queue: state.map(t.integer(), gatheredCodec(event)),
  };
}
