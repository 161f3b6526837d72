import { MillraceError } from "@millrace/core";
import type { EntryFilter, OperatorStateEntry, SnapshotEntry, SnapshotReader } from "@millrace/snapshots";
import { parseCount } from "../arguments/parse.ts";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { paintFor } from "../paint.ts";
import { tableLines } from "../table.ts";
import { writeLines } from "../write-lines.ts";
import { parseKey } from "./parse-key.ts";
import { openTarget, readingSnapshot, type TargetFlags } from "./snapshot-target.ts";

export interface StateFlags extends TargetFlags {
  readonly limit?: string;
  readonly json?: boolean;
}

/** Lists the states of a snapshot, or the keys of one of them. */
export function stateListCommand(what: string, uid: string | undefined, state: string | undefined, flags: StateFlags, io: Io): Promise<number> {
  return withTarget(what, flags, io, async (reader) => {
    if (uid !== undefined && state !== undefined) return listKeys(reader, { uid, state }, parseCount(flags.limit ?? "100", "--limit"), io);
    const rows: string[][] = [];
    const { typeText } = await import("@millrace/plan");
    for (const each of reader.keyedUids) {
      if (uid !== undefined && each !== uid) continue;
      const keys = (await reader.header(each)).keyKind ?? "none yet";
      for (const { name, kind, type, namespace, timed } of await reader.states(each)) {
        const shown = type === undefined ? "–" : typeText(type);
        rows.push([each, name, kind, `${shown}${timed ? ", with a time to live" : ""}`, keys, namespace === undefined ? "–" : "by window"]);
      }
    }
    for (const { uid: each, name, kind, keyType, type } of reader.operatorStates(uid)) {
      const shown = type === undefined ? "JSON" : typeText(type);
      rows.push([each, name, kind, shown, keyType === undefined ? "–" : typeText(keyType), operatorScopes[kind]]);
    }
    if (flags.json === true) {
      const named = rows.map(([operator, name, kind, type, keys, scope]) => ({
        uid: operator,
        state: name,
        kind,
        type,
        keys,
        byWindow: scope === "by window",
      }));
      io.stdout.write(`${JSON.stringify(named, null, 2)}\n`);
      return;
    }
    const paint = paintFor(io, io.stdout);
    const titles = ["uid", "state", "kind", "type", "keys", "scope"].map((title) => ({ title: paint("dim", title) }));
    for (const line of rows.length === 0 ? ["no state"] : tableLines(titles, rows)) io.stdout.write(`${line}\n`);
  });
}

/** Where state lies that belongs to no key. */
const operatorScopes: Readonly<Record<OperatorStateEntry["kind"], string>> = {
  broadcast: "the same in all subtasks",
  list: "by subtask",
  union: "by subtask",
};

async function listKeys(reader: SnapshotReader, filter: EntryFilter, limit: number, io: Io): Promise<void> {
  const { valueToJson } = await import("@millrace/snapshots");
  let left = limit;
  // A collection with pages comes in several pieces, in one key group.
  let listed = new Set<string>();
  let keyGroup: number | undefined;
  for await (const entries of entriesOf(reader, filter)) {
    for (const entry of entries) {
      const text = "key" in entry ? JSON.stringify(valueToJson(entry.key)) : placeText(entry, valueToJson);
      if ("keyGroup" in entry && entry.keyGroup !== keyGroup) {
        keyGroup = entry.keyGroup;
        listed = new Set();
      }
      if (listed.has(text)) continue;
      listed.add(text);
      if (left-- === 0) {
        io.stderr.write(`and more: --limit shows them\n`);
        return;
      }
      io.stdout.write(`${text}\n`);
    }
  }
}

type Entry = SnapshotEntry | OperatorStateEntry;

/** Entries of keyed state, or of state that belongs to no key, whichever the filter names; of both, when it names none. */
async function* entriesOf(reader: SnapshotReader, filter: EntryFilter): AsyncGenerator<readonly Entry[]> {
  const without = reader.operatorStates(filter.uid).filter(({ name }) => filter.state === undefined || name === filter.state);
  if (without.length > 0) yield reader.operatorEntries(filter);
  const isKeyed = filter.uid === undefined || reader.keyedUids.includes(filter.uid);
  if (isKeyed && (without.length === 0 || filter.state === undefined)) yield* reader.entries(filter);
  else if (!isKeyed && without.length === 0) throw noSuchState(reader, filter);
}

function noSuchState(reader: SnapshotReader, { uid, state }: EntryFilter): MillraceError {
  const names = reader.operatorStates(uid).map(({ name }) => name);
  return new MillraceError("SNAPSHOT_STATE", `${uid} has no state${state === undefined ? "" : ` ${JSON.stringify(state)}`} in ${reader.path}`, {
    hint: names.length === 0 ? "it has none at all" : `it has: ${names.join(", ")}`,
  });
}

/** What stands for the key of an entry that has none: that of its map, or its place. */
function placeText({ mapKey, subtask, index, kind }: OperatorStateEntry, toJson: (value: unknown) => unknown): string {
  return kind === "broadcast" ? JSON.stringify(toJson(mapKey)) : `${subtask}/${index}`;
}

/** Prints what one key holds in one state. */
export function stateGetCommand(what: string, uid: string, state: string, keyText: string, flags: TargetFlags, io: Io): Promise<number> {
  return withTarget(what, flags, io, async (reader) => {
    const { valueToJson, entryToJson } = await import("@millrace/snapshots");
    if (reader.operatorStates(uid).some(({ name }) => name === state)) {
      const found = reader.operatorEntries({ uid, state }).find((entry) => isPlace(placeText(entry, valueToJson), keyText));
      if (found === undefined) throw noSuchKey(what, uid, state, keyText);
      io.stdout.write(`${JSON.stringify(valueToJson(found.value))}\n`);
      return;
    }
    const key = parseKey(keyText, (await reader.header(uid)).keyKind, uid);
    const found: SnapshotEntry[] = [];
    for await (const entries of reader.entries({ uid, state, key })) for (const entry of entries) found.push(entry);
    if (found.length === 0) throw noSuchKey(what, uid, state, keyText);
    const [only] = found;
    const single = found.length === 1 && only !== undefined && only.index === undefined && only.mapKey === undefined && only.namespace === undefined;
    if (single && only.kind !== "timer") io.stdout.write(`${JSON.stringify(valueToJson(only.value))}\n`);
    else
      for (const { uid: _uid, state: _state, kind: _kind, keyGroup: _group, ...rest } of inOrder(found))
        io.stdout.write(`${JSON.stringify(entryToJson(rest as SnapshotEntry))}\n`);
  });
}

/** The tail of a list with pages stands before them. */
function inOrder(entries: readonly SnapshotEntry[]): readonly SnapshotEntry[] {
  const windows = new Map([...new Set(entries.map(({ namespace }) => namespace))].map((namespace, at) => [namespace, at]));
  const windowOf = ({ namespace }: SnapshotEntry): number => windows.get(namespace) ?? 0;
  return entries.toSorted((a, b) => windowOf(a) - windowOf(b) || (a.index ?? 0) - (b.index ?? 0));
}

/** A text may be given without its quotes. */
function isPlace(place: string, keyText: string): boolean {
  return place === keyText || place === JSON.stringify(keyText);
}

function noSuchKey(what: string, uid: string, state: string, keyText: string): MillraceError {
  return new MillraceError("SNAPSHOT_KEY", `the state "${state}" of ${uid} holds nothing for the key ${keyText}`, {
    hint: `millrace state ls ${what} ${uid} ${state} lists keys`,
  });
}

/** Writes entries as JSON lines. */
export function stateExportCommand(what: string, uid: string | undefined, state: string | undefined, flags: TargetFlags, io: Io): Promise<number> {
  return withTarget(what, flags, io, async (reader) => {
    const { entryToJson } = await import("@millrace/snapshots");
    const filter = { ...(uid === undefined ? {} : { uid }), ...(state === undefined ? {} : { state }) };
    async function* texts(): AsyncGenerator<string> {
      for await (const entries of entriesOf(reader, filter)) yield entries.map((entry) => `${JSON.stringify(entryToJson(entry))}\n`).join("");
    }
    await writeLines(io.stdout, texts());
  });
}

async function withTarget(what: string, flags: TargetFlags, io: Io, work: (reader: SnapshotReader) => Promise<void>): Promise<number> {
  const { reader, release } = await openTarget(what, flags, io);
  try {
    await failingWith(exitCodes.checkpoint, () => readingSnapshot(reader.path, () => work(reader)));
    return exitCodes.ok;
  } finally {
    release();
  }
}
