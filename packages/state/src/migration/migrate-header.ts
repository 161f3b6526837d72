import type { FileHeader, StateEntry } from "../format/file-header.ts";
import type { RecordMigration, RewrittenState } from "./record-migration.ts";

const TTL = "+ttl";

/** The header of a file whose records are migrated: the states as the job declares them. */
export function migrateHeader(header: FileHeader, migration: RecordMigration): FileHeader {
  const states = header.states.flatMap((entry) => {
    if (entry.kind === "timers") return migration.dropsTimers ? [] : [entry];
    const state = migration.states.find(({ from }) => from === entry.name);
    if (state?.kind === "dropped") return [];
    return state === undefined ? [entry] : [migratedEntry(entry, state)];
  });
  return { ...header, uid: migration.uid, states };
}

function migratedEntry({ kind, fingerprint }: StateEntry, state: RewrittenState): StateEntry {
  const ttl = state.value?.ttl.kind;
  const before = kind.endsWith(TTL);
  const expires = ttl === "added" || ttl === "kept" || (ttl === undefined && before);
  // A window's table of accumulators has a kind of its own, whatever the plan calls it.
  const table = before ? kind.slice(0, -TTL.length) : kind;
  const namespace = fingerprint.slice(fingerprint.lastIndexOf("/"));
  return {
    name: state.to,
    kind: `${table === "cells" ? table : state.declared}${expires ? TTL : ""}`,
    fingerprint: `${expires ? expiring(state.fingerprint) : state.fingerprint}${namespace}`,
  };
}

/** As `timedCodec` names it: of the value alone, behind the fingerprint of a map's keys. */
function expiring(fingerprint: string): string {
  const value = fingerprint.lastIndexOf(":") + 1;
  return `${fingerprint.slice(0, value)}ttl-${fingerprint.slice(value)}`;
}
