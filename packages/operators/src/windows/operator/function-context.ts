import type { Key, Namespace, OperatorContext, OutputTag, StateDeclarations, StateHandles } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import type { ProcessWindowFunction, Window, WindowContext } from "../spec.ts";
import { maxTimestamp } from "../triggers/trigger.ts";
import { openKeyStates, openWindowStates, type WindowStates } from "./handles.ts";
import { stateNames } from "./state-names.ts";
import type { WindowForm } from "./window-form.ts";

type AnyFunction = ProcessWindowFunction<Key, unknown, unknown, StateDeclarations, StateDeclarations>;

/** The context of a window function: one object, turned to a window before each call. */
export class FunctionContext implements WindowContext<Key, StateDeclarations, StateDeclarations> {
  readonly globalState: StateHandles<StateDeclarations>;
  readonly #context: OperatorContext<unknown>;
  readonly #form: WindowForm;
  /** undefined over merging windows. */
  readonly #states: WindowStates | undefined;
  #window: Window = { start: 0, end: 0 };
  #namespace: Namespace = 0;

  constructor(process: AnyFunction | undefined, context: OperatorContext<unknown>, form: WindowForm, merging: boolean) {
    this.#context = context;
    this.#form = form;
    const { keyed } = context;
    this.globalState = openKeyStates(keyed, process?.globalState, stateNames.ofKey);
    this.#states = merging ? undefined : openWindowStates(keyed, process?.windowState, stateNames.ofWindow, form, () => this.#namespace);
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

  timestamp(): number | undefined {
    const timestamp = maxTimestamp(this.#window);
    return Number.isFinite(timestamp) ? timestamp : undefined;
  }

  currentWatermark(): number {
    return this.#context.currentWatermark();
  }

  currentProcessingTime(): number {
    return this.#context.now();
  }

  output<T>(tag: OutputTag<T>, value: T): void {
    this.#context.output.side(tag.name, value, maxTimestamp(this.#window));
  }
}
