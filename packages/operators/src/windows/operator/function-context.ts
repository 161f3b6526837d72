import {
  type Key,
  type Namespace,
  type OperatorContext,
  type OutputTag,
  outputTag,
  type StateDeclarations,
  type StateHandles,
} from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { createSideEmitter, type SideEmitter } from "../../process/side-outputs.ts";
import type { Window, WindowContext, WindowSpec } from "../spec.ts";
import { maxTimestamp } from "../triggers/trigger.ts";
import { openKeyStates, openWindowStates, type WindowStates } from "./handles.ts";
import { stateNames } from "./state-names.ts";
import type { WindowForm } from "./window-form.ts";

/** The context of a window function: one object, turned to a window before each call. A function may take what it calls out of it, as out of any context. */
export class FunctionContext implements WindowContext<Key, StateDeclarations, StateDeclarations> {
  readonly globalState: StateHandles<StateDeclarations>;
  readonly #context: OperatorContext<unknown>;
  readonly #form: WindowForm;
  readonly #emitSide: SideEmitter;
  /** undefined over merging windows. */
  readonly #states: WindowStates | undefined;
  #window: Window = { start: 0, end: 0 };
  #namespace: Namespace = 0;

  constructor({ process, assigner, lateOutput }: WindowSpec, context: OperatorContext<unknown>, form: WindowForm) {
    this.#context = context;
    this.#form = form;
    const late = lateOutput === undefined ? [] : [outputTag<never>(lateOutput)];
    this.#emitSide = createSideEmitter([...late, ...(process?.sideOutputs ?? [])] as OutputTag<never>[], context);
    const { keyed } = context;
    this.globalState = openKeyStates(keyed, process?.globalState, stateNames.ofKey);
    this.#states = assigner.merging ? undefined : openWindowStates(keyed, process?.windowState, stateNames.ofWindow, form, () => this.#namespace);
  }

  turnTo(window: Window): void {
    this.#window = window;
    this.#namespace = this.#form.encode(window);
  }

  /** Removes what is left in the window's state. */
  clearWindowState(): void {
    this.#states?.clear(this.#namespace);
  }

  get window(): Window {
    return this.#window;
  }

  get key(): Key {
    return this.#context.keyed.currentKey();
  }

  get windowState(): StateHandles<StateDeclarations> {
    if (this.#states !== undefined) return this.#states.handles;
    throw new MillraceError("WINDOW_STATE", "state per window is not allowed over merging windows (sessions)", {
      hint: "a session changes its bounds as it grows: keep state per key in globalState instead",
    });
  }

  readonly timestamp = (): number | undefined => {
    const timestamp = maxTimestamp(this.#window);
    return Number.isFinite(timestamp) ? timestamp : undefined;
  };

  readonly currentWatermark = (): number => this.#context.currentWatermark();

  readonly currentProcessingTime = (): number => this.#context.now();

  readonly output = <T>(tag: OutputTag<T>, value: T): void => this.#emitSide(tag, value, maxTimestamp(this.#window));
}
