import { type Codec, fingerprintOf, type TypeDescription, t } from "@millrace/codec";
import { type Migrate, type StateDeclaration, type StateDeclarations, state } from "@millrace/contracts";
import { assert, onceFor } from "@millrace/core";
import { isFast, isFastSession, isSliced } from "../fast/is-fast.ts";
import { openSessionsDeclaration } from "../fast/open-sessions.ts";
import { slicesDeclaration } from "../sliced/slices.ts";
import type { WindowSpec } from "../spec.ts";

/** Names under which a window operator keeps its state; those that users chose stand behind a prefix. */
export const stateNames = {
  contents: "contents",
  /** Of windows that fire whole; kept apart from `contents`, because they have no timers. */
  accumulators: "accumulators",
  sessions: "sessions",
  /** Of sessions that fire once: they and their accumulators. */
  openSessions: "open-sessions",
  /** Of overlapping windows that fire whole and are put together from slices. */
  slices: "slices",
  timers: "window-timers",
  sessionTimers: "session-timers",
  ofTrigger: (name: string) => `trigger.${name}`,
  ofWindow: (name: string) => `window.${name}`,
  ofKey: (name: string) => `global.${name}`,
} as const;

/** The timer service of windows with timers of their own. */
export const WINDOW_TIMERS: string = stateNames.timers;

/** For each session of a key: its start, its end, and the start that its contents stand under. */
export const sessionsDeclaration = state.value(t.array(t.number()));

/** Every state of the operator that `createWindowOperator(spec)` makes, by its name, for the plan. */
export function windowStates(spec: WindowSpec): StateDeclarations {
  if (isFastSession(spec)) {
    return { [stateNames.openSessions]: openSessionsDeclaration(spec.contents), ...renamed(spec.process?.globalState, stateNames.ofKey) };
  }
  if (isSliced(spec)) return { [stateNames.slices]: slicesDeclaration(spec.contents), ...renamed(spec.process?.globalState, stateNames.ofKey) };
  const contents = isFast(spec) ? stateNames.accumulators : stateNames.contents;
  const trigger = spec.trigger ?? spec.assigner.defaultTrigger;
  return {
    [contents]: contentsDeclaration(spec),
    ...(spec.assigner.merging ? { [stateNames.sessions]: sessionsDeclaration } : {}),
    ...renamed(trigger.state, stateNames.ofTrigger),
    ...renamed(spec.process?.windowState, stateNames.ofWindow),
    ...renamed(spec.process?.globalState, stateNames.ofKey),
  };
}

function renamed(declarations: StateDeclarations | undefined, nameOf: (name: string) => string): StateDeclarations {
  return Object.fromEntries(
    Object.entries(declarations ?? {}).map(([name, declaration]) => [nameOf(name), { ...declaration, aliases: declaration.aliases?.map(nameOf) }]),
  );
}

function contentsDeclaration(spec: WindowSpec): StateDeclaration {
  if (spec.evictor !== undefined) return timestampedElements(spec);
  const { kind, codec, migrate } = spec.contents;
  return kind === "elements" ? state.list(codec, { migrate }) : state.value(codec, { migrate });
}

/** What an evictor works on: every element with its timestamp. */
export function timestampedElements(spec: WindowSpec) {
  const { contents } = spec;
  const codec = contents.kind === "aggregate" ? contents.elementCodec : contents.codec;
  const migrate = contents.kind === "aggregate" ? contents.migrateElement : contents.migrate;
  assert(codec !== undefined, "a spec with an evictor has the codec of its elements");
  return state.list(timestampedCodec(codec), { migrate: migrate === undefined ? undefined : migrateTimestamped(migrate) });
}

const timestampedCodec = onceFor((value: Codec<unknown>) => t.object({ value, timestamp: t.number() }));

/** The user's function sees the element alone. */
function migrateTimestamped(migrate: Migrate<unknown>): Migrate<{ value: unknown; timestamp: number }> {
  return ({ type }, element) => {
    const fields = type.fields as unknown as readonly { readonly name: string; readonly type: TypeDescription }[];
    const written = fields.find(({ name }) => name === "value")?.type;
    assert(written !== undefined, "an element stands beside its timestamp");
    const { value, timestamp } = element as { readonly value: unknown; readonly timestamp: number };
    return { value: migrate({ type: written, fingerprint: fingerprintOf(written) }, value), timestamp };
  };
}
