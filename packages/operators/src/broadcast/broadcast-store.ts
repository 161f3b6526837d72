import { codecOf, compatibilityOf, fingerprintOf, type TypeDescription } from "@millrace/codec";
import type { BroadcastStates, MapDeclaration, MapState, OperatorStateItem, ReadOnlyMapState } from "@millrace/contracts";
import { canonicalJson, type Json, MillraceError, messageOf } from "@millrace/core";
import { BroadcastMap, type EncodedEntry, encodedText, readerOf } from "./broadcast-map.ts";

/** One state in a snapshot, with the types that its entries were written as. */
interface StoredState {
  readonly state: string;
  readonly keyType: Json;
  readonly type: Json;
  readonly entries: readonly EncodedEntry[];
}

/** The copy of an operator's broadcast state that one subtask holds. */
export class BroadcastStore {
  readonly #declarations: BroadcastStates;
  readonly #maps: ReadonlyMap<string, BroadcastMap>;
  readonly writable: Readonly<Record<string, MapState<unknown, unknown>>>;
  readonly readOnly: Readonly<Record<string, ReadOnlyMapState<unknown, unknown>>>;

  constructor(declarations: BroadcastStates) {
    this.#declarations = declarations;
    const maps = Object.entries(declarations).map(([name, declaration]) => [name, new BroadcastMap(declaration)] as const);
    this.#maps = new Map(maps);
    this.writable = Object.freeze(Object.fromEntries(maps));
    this.readOnly = Object.freeze(Object.fromEntries(maps.map(([name, map]) => [name, map.readOnly])));
  }

  snapshot(): readonly OperatorStateItem[] {
    return Object.entries(this.#declarations).map(([state, { keyCodec, codec }]) => {
      const stored: StoredState = { state, keyType: keyCodec.type, type: codec.type, entries: this.#maps.get(state)?.snapshot() ?? [] };
      return stored as unknown as OperatorStateItem;
    });
  }

  /**
   * Takes in a snapshot. States are found by name or alias, and written anew where their types changed. What has no place
   * here, or can't be read, is left out: a restore that was not told to drop it has been refused before. Throws STATE_MIGRATION
   * for a value that `migrate` makes nothing of.
   */
  restore(items: readonly OperatorStateItem[]): void {
    for (const item of items) {
      const stored = item as unknown as StoredState;
      const [name, declaration] = this.#declarationOf(stored.state) ?? [];
      const rewrite = declaration === undefined ? undefined : rewriteOf(stored, declaration);
      if (name === undefined || rewrite === undefined) continue;
      for (const entry of stored.entries) this.#maps.get(name)?.load(rewritten(entry, rewrite, name, stored));
    }
  }

  #declarationOf(stored: string): readonly [string, MapDeclaration<unknown, unknown>] | undefined {
    const own = Object.hasOwn(this.#declarations, stored) ? this.#declarations[stored] : undefined;
    if (own !== undefined) return [stored, own];
    return Object.entries(this.#declarations).find(([, { aliases }]) => aliases?.includes(stored) === true);
  }
}

/** Throws STATE_MIGRATION when a `migrate` function of these declarations throws on items of a snapshot, or gives what its codec does not take. */
export function tryBroadcastMigrations(declarations: BroadcastStates, items: readonly OperatorStateItem[]): void {
  new BroadcastStore(declarations).restore(items);
}

type RewriteEntry = (entry: EncodedEntry) => EncodedEntry;
type RewriteText = (encoded: string) => string;

/** undefined: entries can't be read as they are declared today. */
function rewriteOf({ keyType, type }: StoredState, { keyCodec, codec, migrate }: MapDeclaration<unknown, unknown>): RewriteEntry | undefined {
  const key = rewriteText(keyType, keyCodec.type);
  const value = migrate === undefined || sameType(type, codec.type) ? rewriteText(type, codec.type) : migrating(type, codec, migrate);
  return key === undefined || value === undefined ? undefined : ([from, to]) => [key(from), value(to)];
}

function rewritten(entry: EncodedEntry, rewrite: RewriteEntry, name: string, { state, keyType }: StoredState): EncodedEntry {
  try {
    return rewrite(entry);
  } catch (error) {
    const key = codecOf(keyType as TypeDescription).decode(readerOf(entry[0]));
    const was = state === name ? "" : ` (was "${state}")`;
    throw new MillraceError("STATE_MIGRATION", `a value of the broadcast state "${name}"${was} can't be migrated: ${messageOf(error)}`, {
      hint: "nothing was changed: mend migrate(from, value) of the state, or run the job as it was",
      cause: error,
      where: { key: typeof key === "string" ? JSON.stringify(key) : String(key) },
    });
  }
}

function rewriteText(written: Json, now: Json): RewriteText | undefined {
  if (sameType(written, now)) return (encoded) => encoded;
  const compatibility = compatibilityOf(written as TypeDescription, now as TypeDescription);
  if (compatibility.kind === "same") return (encoded) => encoded;
  if (compatibility.kind === "refuse") return undefined;
  return (encoded) => encodedText((writer) => compatibility.rewrite(readerOf(encoded), writer));
}

function migrating(
  type: Json,
  codec: MapDeclaration<unknown, unknown>["codec"],
  migrate: NonNullable<MapDeclaration<unknown, unknown>["migrate"]>,
): RewriteText {
  const written = codecOf(type as TypeDescription);
  const from = { type: type as TypeDescription, fingerprint: fingerprintOf(type as TypeDescription) };
  return (encoded) => encodedText((writer) => codec.encode(migrate(from, written.decode(readerOf(encoded))), writer));
}

function sameType(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
