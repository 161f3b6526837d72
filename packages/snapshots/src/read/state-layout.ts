import { type Codec, codecOf, type TypeDescription, t } from "@millrace/codec";
import type { Namespace } from "@millrace/contracts";
import type { LogicalPlan, PlannedState } from "@millrace/plan";
import { type StateEntry, stateIdOf } from "@millrace/state";
import type { OperatorHeader } from "../records/headers.ts";

/** What the entries of a state are. */
export type EntryKind = PlannedState["kind"] | "timer";

/** How the records of one state are read, from the types in the snapshot's plan and the headers of its files. */
export interface StateLayout {
  readonly uid: string;
  /** As it was declared; of timers the name of their service. */
  readonly name: string;
  readonly kind: EntryKind;
  /** Of a value, an element, a map's value, an accumulator; undefined: the plan does not say. */
  readonly value: Codec<unknown> | undefined;
  /** Of a map's keys. */
  readonly mapKey: Codec<unknown> | undefined;
  /** undefined: entries have none. */
  readonly namespace: Codec<Namespace> | undefined;
  /** Each value stands behind the time of its last write. */
  readonly timed: boolean;
  /** How long it lives then, as planned. */
  readonly ttlMs: number | undefined;
  readonly type: TypeDescription | undefined;
}

/** States of one operator by the number that stands for them in records. */
export type OperatorLayout = ReadonlyMap<number, StateLayout>;

const TIMERS_PREFIX = "timers ";
const voidCodec = t.literal("");
const namespaceCodecs = new Map(
  [t.number(), t.string(), t.integer()].map((codec) => [codec.fingerprint, codec as Codec<unknown> as Codec<Namespace>] as const),
);

export function operatorLayout(plan: LogicalPlan, uid: string, header: OperatorHeader): OperatorLayout {
  const planned = plan.nodes.find((node) => node.uid === uid)?.states ?? [];
  const layouts = header.states.map((entry) => layoutOf(uid, entry, planned));
  return new Map(layouts.map((layout) => [stateIdOf(layout.name), layout]));
}

function layoutOf(uid: string, entry: StateEntry, planned: readonly PlannedState[]): StateLayout {
  const namespace = namespaceOf(entry.fingerprint.slice(entry.fingerprint.lastIndexOf("/") + 1));
  if (entry.kind === "timers" && entry.name.startsWith(TIMERS_PREFIX)) {
    const name = entry.name.slice(TIMERS_PREFIX.length);
    return { uid, name, kind: "timer", value: undefined, mapKey: undefined, namespace, timed: false, ttlMs: undefined, type: undefined };
  }
  const state = planned.find((candidate) => candidate.name === entry.name);
  const type = state?.type as TypeDescription | undefined;
  return {
    uid,
    name: entry.name,
    kind: state?.kind ?? "value",
    value: type === undefined ? undefined : codecOf(type),
    mapKey: state?.keyType === undefined ? undefined : codecOf(state.keyType as TypeDescription),
    namespace,
    timed: entry.kind.endsWith("+ttl"),
    ttlMs: state?.ttlMs,
    type,
  };
}

/** The forms in which operators write namespaces are few; state without them has one that takes no bytes. */
function namespaceOf(fingerprint: string): Codec<Namespace> | undefined {
  return fingerprint === voidCodec.fingerprint ? undefined : namespaceCodecs.get(fingerprint);
}
