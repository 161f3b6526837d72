import type {
  KeyedContext,
  Namespace,
  NamespaceCodec,
  NamespacedState,
  StateDeclaration,
  StateDeclarations,
  StateHandles,
} from "@millrace/contracts";
import { deepFreeze } from "./deep-freeze.ts";

/** A keyed context whose user state hands out frozen values. Accumulators stay open: `add` and `merge` may change them. */
export function freezeReads(keyed: KeyedContext): KeyedContext {
  return {
    setCurrentKey: (key) => keyed.setCurrentKey(key),
    currentKey: () => keyed.currentKey(),
    states<S extends StateDeclarations>(declarations: S): StateHandles<S> {
      const handles: StateHandles<S> = keyed.states(declarations);
      const frozen = Object.entries(handles).map(([name, handle]) => [name, freezing(declarations[name], handle)]);
      return Object.fromEntries(frozen) as StateHandles<S>;
    },
    namespaced<N extends Namespace, D extends StateDeclaration>(name: string, declaration: D, codec: NamespaceCodec<N>): NamespacedState<N, D> {
      const scoped = keyed.namespaced(name, declaration, codec);
      return { of: (namespace) => freezing(declaration, scoped.of(namespace)) };
    },
    cells: (name, codec, namespaceCodec) => keyed.cells(name, codec, namespaceCodec),
    timers: (name, codec, target) => keyed.timers(name, codec, target),
    forEachKey: (name, visit) => keyed.forEachKey(name, visit),
    isEmpty: () => keyed.isEmpty(),
  };
}

function freezing<H>(declaration: StateDeclaration | undefined, handle: H): H {
  if (declaration?.kind === "aggregating" || typeof handle !== "object" || handle === null) return handle;
  return new Proxy(handle, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      return (...values: unknown[]) => frozenResult(declaration?.kind, member.apply(target, values));
    },
  });
}

/** A list's array is the caller's own, its elements are not; so with what an iterator yields. */
function frozenResult(kind: StateDeclaration["kind"] | undefined, result: unknown): unknown {
  if (isIterable(result)) return frozenElements(result);
  if (kind !== "list" || !Array.isArray(result)) return deepFreeze(result);
  result.forEach(deepFreeze);
  return result;
}

function isIterable(value: unknown): value is IterableIterator<unknown> {
  return typeof value === "object" && value !== null && "next" in value && Symbol.iterator in value;
}

function* frozenElements(elements: Iterable<unknown>): IterableIterator<unknown> {
  for (const element of elements) yield deepFreeze(element);
}
