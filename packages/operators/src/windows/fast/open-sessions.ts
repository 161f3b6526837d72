import { type Codec, fingerprintOf, type TypeDescription, t } from "@millrace/codec";
import { type AggregatingDeclaration, type Migrate, state } from "@millrace/contracts";
import { assert, onceFor } from "@millrace/core";
import type { FoldedWindowContents } from "./is-fast.ts";

/** A session that may still grow. */
export interface OpenSession {
  start: number;
  end: number;
  /** Of the timer that looks at it next: its last millisecond when it began, or when it was looked at last. */
  timer: number;
  accumulator: unknown;
}

/** What a change does to the sessions of a key, in place. */
export type SessionChange = (sessions: OpenSession[]) => void;

/**
 * All sessions of a key in one value, in order of time; no two overlap or touch. It is aggregating state, because sessions
 * and their accumulators are changed in place.
 */
export function openSessionsDeclaration({
  codec,
  migrate,
}: FoldedWindowContents): AggregatingDeclaration<SessionChange, OpenSession[], OpenSession[]> {
  return state.aggregating(
    sessionsCodec(codec),
    {
      createAccumulator: () => [],
      add(change, all) {
        change(all);
        return all;
      },
      getResult: (all) => all,
    },
    { migrate: migrate === undefined ? undefined : migrateSessions(migrate) },
  );
}

const sessionsCodec = onceFor((accumulator: Codec<unknown>) =>
  t.array(t.object({ start: t.number(), end: t.number(), timer: t.number(), accumulator })),
);

/** The user's function sees the accumulators alone. */
function migrateSessions(migrate: Migrate<unknown>): Migrate<OpenSession[]> {
  return ({ type }, sessions) => {
    const written = accumulatorType(type);
    const from = { type: written, fingerprint: fingerprintOf(written) };
    return (sessions as OpenSession[]).map((one) => ({ ...one, accumulator: migrate(from, one.accumulator) }));
  };
}

function accumulatorType(sessions: TypeDescription): TypeDescription {
  const element = sessions.element as unknown as { readonly fields?: readonly { readonly name: string; readonly type: TypeDescription }[] };
  const written = element.fields?.find(({ name }) => name === "accumulator")?.type;
  assert(written !== undefined, "an accumulator stands in each session");
  return written;
}
