import { codecOf, compatibilityOf, fingerprintOf, type Rewrite, type TypeDescription } from "@millrace/codec";
import type { StateDeclaration, StateDeclarations } from "@millrace/contracts";
import { assert, type Json } from "@millrace/core";
import { WINDOW_TIMERS } from "@millrace/operators";
import type { OperatorRestore, PartRestore, PlanNode, PlannedState } from "@millrace/plan";
import type { RecordMigration, StateMigration, TtlRewrite, ValueRewrite } from "@millrace/state";

export interface MigratedNode {
  readonly restore: OperatorRestore;
  /** The node as it stood in the snapshot's plan. */
  readonly before: PlanNode;
  readonly now: PlanNode;
  readonly declarations: StateDeclarations;
  /** Processing time: what values without a time get when a time to live was added. */
  readonly nowMs: number;
}

/** How the records of a node's keyed state are carried over; undefined: as they are. */
export function recordMigrationOf(node: MigratedNode): RecordMigration | undefined {
  const { restore } = node;
  const states = restore.parts.flatMap((part) => (part.part === "state" ? stateMigrationOf(node, part) : []));
  const timers = restore.parts.find(({ part }) => part === "timers");
  const dropsTimers = timers?.outcome === "dropped";
  if (states.length === 0 && !dropsTimers && timers?.movedEnds === undefined) return undefined;
  return { uid: restore.uid, states, dropsTimers, movedEnds: timers?.movedEnds };
}

function stateMigrationOf(node: MigratedNode, part: PartRestore): readonly StateMigration[] {
  const from = part.from ?? part.name;
  if (part.outcome === "dropped") return [{ kind: "dropped", from }];
  if (part.outcome !== "migrated") return [];
  const [before, now] = [stateOf(node.before, from), stateOf(node.now, part.name)];
  const { windowTimers } = part;
  return [
    {
      kind: "rewritten",
      from,
      to: part.name,
      layout: now.kind === "list" || now.kind === "map" ? now.kind : "value",
      value: valueRewriteOf(before, now, node),
      declared: now.kind,
      fingerprint: `${now.keyType === undefined ? "" : `${fingerprintOf(now.keyType as TypeDescription)}:`}${now.fingerprint}`,
      windowTimers: windowTimers === undefined ? undefined : { ...windowTimers, service: WINDOW_TIMERS },
    },
  ];
}

function stateOf({ uid, states }: PlanNode, name: string): PlannedState {
  const state = states.find((one) => one.name === name);
  assert(state !== undefined, `the node ${uid} declares the state ${name}`);
  return state;
}

/** undefined: its bytes stay. */
function valueRewriteOf(before: PlannedState, now: PlannedState, { declarations, nowMs }: MigratedNode): ValueRewrite | undefined {
  const value = rewriteOf(before.type, now.type, now.migrates === true ? declarations[now.name] : undefined);
  const key = before.keyType === undefined || now.keyType === undefined ? undefined : rewriteOf(before.keyType, now.keyType, undefined);
  const ttl = ttlRewriteOf(before, now, nowMs);
  if (value === undefined && key === undefined && (ttl.kind === "none" || ttl.kind === "kept")) return undefined;
  return { value: value ?? copyOf(before.type), key: key ?? copyOf(before.keyType ?? before.type), ttl };
}

function rewriteOf(before: Json, now: Json, declaration: StateDeclaration | undefined): Rewrite | undefined {
  const written = before as TypeDescription;
  const compatibility = compatibilityOf(written, now as TypeDescription);
  if (compatibility.kind === "same") return undefined;
  if (declaration?.migrate !== undefined) return userRewrite(written, declaration);
  assert(compatibility.kind === "migrate", "a restore plan migrates only what can be read");
  return compatibility.rewrite;
}

function userRewrite(type: TypeDescription, { codec, migrate }: StateDeclaration): Rewrite {
  const from = { type, fingerprint: fingerprintOf(type) };
  const written = codecOf(type);
  assert(migrate !== undefined, "a state that migrates has a function for it");
  return (reader, writer) => codec.encode(migrate(from, written.decode(reader)), writer);
}

function copyOf(type: Json): Rewrite {
  const codec = codecOf(type as TypeDescription);
  return (reader, writer) => codec.encode(codec.decode(reader), writer);
}

function ttlRewriteOf(before: PlannedState, now: PlannedState, nowMs: number): TtlRewrite {
  if (before.ttlMs === undefined) return now.ttlMs === undefined ? { kind: "none" } : { kind: "added", now: nowMs };
  return { kind: now.ttlMs === undefined ? "removed" : "kept" };
}
