import type { KeyedContext, Namespace, NamespacedState, StateDeclaration, StateDeclarations, StateHandles } from "@millrace/contracts";
import type { WindowForm } from "./window-form.ts";

/** States of a trigger or of a window function, by the names their author gave them, per key and window. */
export interface WindowStates {
  /** Handles that are looked up in the window which `current` gives at the time of each access. */
  readonly handles: StateHandles<StateDeclarations>;
  readonly byName: ReadonlyMap<string, DeclaredState>;
  clear(namespace: Namespace): void;
}

export interface DeclaredState {
  readonly declaration: StateDeclaration;
  readonly state: NamespacedState<Namespace, StateDeclaration>;
}

export function openWindowStates(
  keyed: KeyedContext,
  declarations: StateDeclarations | undefined,
  nameOf: (name: string) => string,
  form: WindowForm,
  current: () => Namespace,
): WindowStates {
  const byName = new Map<string, DeclaredState>();
  const handles = {};
  for (const [name, declaration] of Object.entries(declarations ?? {})) {
    const state = keyed.namespaced<Namespace, StateDeclaration>(nameOf(name), declaration, form.codec);
    byName.set(name, { declaration, state });
    Object.defineProperty(handles, name, { enumerable: true, get: () => state.of(current()) });
  }
  return {
    handles,
    byName,
    clear(namespace) {
      for (const { state } of byName.values()) state.of(namespace).clear();
    },
  };
}

/** States per key, under the names their author gave them. */
export function openKeyStates(
  keyed: KeyedContext,
  declarations: StateDeclarations | undefined,
  nameOf: (name: string) => string,
): StateHandles<StateDeclarations> {
  const entries = Object.entries(declarations ?? {});
  const opened = keyed.states(Object.fromEntries(entries.map(([name, declaration]) => [nameOf(name), declaration])));
  return Object.fromEntries(entries.map(([name]) => [name, opened[nameOf(name)]])) as StateHandles<StateDeclarations>;
}
