import { type CellTable, type KeyedContext, type ListState, type Namespace, type NamespaceCodec, state } from "@millrace/contracts";
import type { TimestampedValue } from "../evictors/evictor.ts";
import type { WindowContents, WindowSpec } from "../spec.ts";
import { foldingOf } from "./folding.ts";
import { stateNames, timestampedElements } from "./state-names.ts";

/**
 * What the windows of the current key hold. `C` is what a firing gets: the elements, the reduced value, or the
 * accumulator. A namespace is that of the window, or of the first window of a session.
 */
export interface ContentsState<C> {
  add(namespace: Namespace, value: unknown, timestamp: number): void;
  /** undefined when nothing was added since the last `clear`. */
  read(namespace: Namespace): C | undefined;
  clear(namespace: Namespace): void;
  /** Moves what `sources` hold behind what `target` holds; all in the order of their sessions. */
  merge(target: Namespace, sources: readonly Namespace[]): void;
}

/** Contents that can be set anew after an eviction. */
export interface EvictableContents extends ContentsState<readonly TimestampedValue<unknown>[]> {
  replace(namespace: Namespace, elements: readonly TimestampedValue<unknown>[]): void;
}

/** Every element. */
export function elementsContents(
  keyed: KeyedContext,
  contents: WindowContents & { readonly kind: "elements" },
  codec: NamespaceCodec<Namespace>,
): ContentsState<readonly unknown[]> {
  const elements = keyed.namespaced(stateNames.contents, state.list(contents.codec), codec);
  return { ...listContents(elements), add: (namespace, value) => elements.of(namespace).add(value) };
}

/** Every element with its timestamp. */
export function evictableContents(keyed: KeyedContext, spec: WindowSpec, codec: NamespaceCodec<Namespace>): EvictableContents {
  const elements = keyed.namespaced(stateNames.contents, timestampedElements(spec), codec);
  return {
    ...listContents(elements),
    add: (namespace, value, timestamp) => elements.of(namespace).add({ value, timestamp }),
    replace(namespace, kept) {
      if (kept.length === 0) elements.of(namespace).clear();
      else elements.of(namespace).update(kept as TimestampedValue<unknown>[]);
    },
  };
}

function listContents<V>(elements: { of(namespace: Namespace): ListState<V> }): Omit<ContentsState<readonly V[]>, "add"> {
  return {
    read(namespace) {
      const all = elements.of(namespace).get();
      return all.length === 0 ? undefined : all;
    },
    clear: (namespace) => elements.of(namespace).clear(),
    merge(target, sources) {
      for (const source of sources) {
        const moved = elements.of(source).get();
        elements.of(source).clear();
        elements.of(target).addAll(moved);
      }
    },
  };
}

/** One value: reduced, or an accumulator. */
export function foldedContents(
  keyed: KeyedContext,
  contents: WindowContents & { readonly kind: "reduce" | "aggregate" },
  codec: NamespaceCodec<Namespace>,
): ContentsState<unknown> {
  const table = keyed.cells(stateNames.contents, contents.codec, codec);
  const { add, merge } = foldingOf(contents);
  return {
    add(namespace, value) {
      const cells = table.of(namespace);
      cells.put(add(cells.get(), value));
    },
    // `of` would make the namespace anew only to find nothing in it.
    read: (namespace) => (table.has(namespace) ? table.of(namespace).get() : undefined),
    clear: (namespace) => removeFrom(table, namespace),
    merge(target, sources) {
      for (const source of sources) {
        if (!table.has(source)) continue;
        const moved = table.of(source).get();
        removeFrom(table, source);
        if (moved === undefined) continue;
        const cells = table.of(target);
        cells.put(merge(cells.get(), moved));
      }
    },
  };
}

function removeFrom(table: CellTable<Namespace, unknown>, namespace: Namespace): void {
  if (table.has(namespace)) table.of(namespace).remove();
}
