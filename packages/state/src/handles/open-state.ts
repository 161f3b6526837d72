import type { Codec } from "@millrace/codec";
import type { Namespace, NamespaceCodec, StateDeclaration } from "@millrace/contracts";
import type { CellMap } from "../cells/cell-map.ts";
import type { KeyIndex } from "../cells/key-index.ts";
import { Table } from "../cells/table.ts";
import type { TableContext } from "../cells/table-context.ts";
import { plainFormat, type ValueFormat } from "../cells/value-format.ts";
import { pagedMapOf } from "../pages/open-keys.ts";
import { listFormat, PagedList } from "../pages/paged-list.ts";
import { mapFormat } from "../pages/paged-map.ts";
import { type Cleaner, cellCleaner, listCleaner, mapCleaner } from "../ttl/cleaners.ts";
import { Expiry, timedCodec } from "../ttl/timed.ts";
import { TtlAggregatingState, TtlReducingState, TtlValueState } from "../ttl/ttl-cell-states.ts";
import { TtlListState } from "../ttl/ttl-list-state.ts";
import { TtlMapState } from "../ttl/ttl-map-state.ts";
import { CellAggregatingState, CellReducingState } from "./folding-state.ts";
import { PagedListState } from "./list-state.ts";
import { PagedMapState } from "./map-state.ts";
import { CellValueState } from "./value-state.ts";

/** One state name, open: its table, and its one handle, which looks at one namespace at a time. */
export interface OpenState {
  readonly table: Table<unknown>;
  readonly handle: unknown;
  /** Points the handle at another namespace. */
  look(cells: CellMap<unknown>): void;
  /** Removes what has expired; absent for state that doesn't expire. */
  readonly cleaner: Cleaner | undefined;
}

export interface StatePlace {
  readonly context: TableContext;
  readonly name: string;
  readonly namespaceCodec: NamespaceCodec<Namespace>;
  readonly now: () => number;
  /** As `TableOptions.index`. */
  readonly index: KeyIndex | undefined;
}

/** The table and handle that a declaration asks for. */
export function openState(declaration: StateDeclaration, place: StatePlace): OpenState {
  const { ttl } = declaration;
  const expiry = ttl === undefined ? undefined : new Expiry(ttl, place.now);
  switch (declaration.kind) {
    case "value":
      return openValue(place, declaration.codec, expiry);
    case "reducing":
    case "aggregating":
      return openFold(place, declaration, expiry);
    case "list":
      return openList(place, declaration.codec, expiry);
    case "map":
      return openMap(place, declaration.keyCodec, declaration.codec, expiry);
  }
}

function openValue<V>(place: StatePlace, codec: Codec<V>, expiry: Expiry | undefined): OpenState {
  if (expiry === undefined) return openCells(place, plainFormat("value", codec), (cells) => new CellValueState(cells));
  const format = plainFormat("value", timedCodec(codec));
  return openCells(place, format, (cells) => new TtlValueState(cells, expiry), cellCleaner(expiry));
}

type Fold = StateDeclaration & { readonly kind: "reducing" | "aggregating" };

function openFold(place: StatePlace, declaration: Fold, expiry: Expiry | undefined): OpenState {
  if (expiry === undefined) {
    return openCells(place, plainFormat(declaration.kind, declaration.codec), (cells) =>
      declaration.kind === "reducing"
        ? new CellReducingState(cells, (a, b) => declaration.reduce(a, b))
        : new CellAggregatingState(cells, declaration.aggregate),
    );
  }
  const format = plainFormat(declaration.kind, timedCodec(declaration.codec));
  return openCells(
    place,
    format,
    (cells) =>
      declaration.kind === "reducing"
        ? new TtlReducingState(cells, expiry, (a, b) => declaration.reduce(a, b))
        : new TtlAggregatingState(cells, expiry, declaration.aggregate),
    cellCleaner(expiry),
  );
}

function openCells<V>(
  place: StatePlace,
  format: ValueFormat<V>,
  makeHandle: (cells: CellMap<V>) => { cells: CellMap<V> },
  cleaner?: Cleaner,
): OpenState {
  const table = newTable(place, format);
  const handle = makeHandle(table.of(FIRST_NAMESPACE));
  return opened(table, handle, handle, cleaner);
}

function openList<V>(place: StatePlace, codec: Codec<V>, expiry: Expiry | undefined): OpenState {
  if (expiry === undefined) {
    const table = newTable(place, listFormat(codec));
    const list = new PagedList(table.of(FIRST_NAMESPACE), codec);
    return opened(table, list, new PagedListState(list), undefined);
  }
  const timed = timedCodec(codec);
  const table = newTable(place, listFormat(timed));
  const list = new PagedList(table.of(FIRST_NAMESPACE), timed);
  return opened(table, list, new TtlListState(list, expiry), listCleaner(list, expiry));
}

function openMap<K, V>(place: StatePlace, keyCodec: Codec<K>, codec: Codec<V>, expiry: Expiry | undefined): OpenState {
  if (expiry === undefined) {
    const table = newTable(place, mapFormat(keyCodec, codec));
    const map = pagedMapOf(table.of(FIRST_NAMESPACE), keyCodec, codec);
    return opened(table, map, new PagedMapState(map), undefined);
  }
  const timed = timedCodec(codec);
  const table = newTable(place, mapFormat(keyCodec, timed));
  const map = pagedMapOf(table.of(FIRST_NAMESPACE), keyCodec, timed);
  return opened(table, map, new TtlMapState(map, expiry), mapCleaner(map, expiry));
}

/** The namespace of state without namespaces; a handle in namespaces is pointed elsewhere before it is used. */
const FIRST_NAMESPACE = "";

function newTable<V>(place: StatePlace, format: ValueFormat<V>): Table<V> {
  return new Table<V>(place.context, { name: place.name, format, namespaceCodec: place.namespaceCodec, indexed: false, index: place.index });
}

function opened<V>(table: Table<V>, holder: { cells: CellMap<V> }, handle: unknown, cleaner: Cleaner | undefined): OpenState {
  return {
    table: table as Table<unknown>,
    handle,
    cleaner,
    look(cells) {
      holder.cells = cells as CellMap<V>;
    },
  };
}
