import { type Codec, t } from "@millrace/codec";
import type { AggregatingState, ListState, MapState, Namespace, ReducingState, StateDeclaration, ValueState } from "@millrace/contracts";
import type { NamespaceCells } from "../cells/cell-table.ts";
import { AggregatingHandle, ReducingHandle } from "./folding.ts";
import { ListHandle } from "./list.ts";
import { MapHandle } from "./map.ts";
import { stampedCodec, Ttl } from "./ttl.ts";
import { PlainValueHandle, ValueHandle } from "./value.ts";

/** Where a handle finds its cells: those of the namespace in force. */
export interface CellsInForce<V> {
  readonly cells: NamespaceCells<Namespace, V>;
}

export type AnyHandle =
  | ValueState<unknown>
  | ListState<unknown>
  | MapState<unknown, unknown>
  | ReducingState<unknown>
  | AggregatingState<unknown, unknown>;

/** The codec of what a declaration keeps in one cell. */
export function cellCodec(declaration: StateDeclaration): Codec<unknown> {
  const value = declaration.ttl === undefined ? declaration.codec : stampedCodec(declaration.codec);
  switch (declaration.kind) {
    case "list":
      return t.array(value) as Codec<unknown>;
    case "map":
      return t.map(declaration.keyCodec, value) as unknown as Codec<unknown>;
    default:
      return value as Codec<unknown>;
  }
}

export function createHandle(declaration: StateDeclaration, inForce: CellsInForce<unknown>, now: () => number): AnyHandle {
  const ttl = declaration.ttl === undefined ? undefined : new Ttl(declaration.ttl, now);
  switch (declaration.kind) {
    case "value":
      return ttl === undefined ? new PlainValueHandle(inForce) : new ValueHandle(inForce as CellsInForce<never>, ttl);
    case "list":
      return new ListHandle(inForce as CellsInForce<never>, ttl);
    case "map":
      return new MapHandle(inForce as CellsInForce<never>, ttl);
    case "reducing":
      return new ReducingHandle<unknown>(inForce, ttl, (a, b) => declaration.reduce(a, b));
    case "aggregating":
      return new AggregatingHandle<unknown, unknown, unknown>(inForce, ttl, declaration.aggregate);
  }
}
