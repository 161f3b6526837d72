import type {
  KeyedContext,
  ListState,
  Namespace,
  OperatorContext,
  ReducingState,
  StateDeclarations,
  StateHandles,
  TimerService,
} from "@millrace/contracts";
import { assert, checkReturned, isTime, MillraceError } from "@millrace/core";
import type { Window } from "../spec.ts";
import type { MergeContext, Trigger, TriggerResult } from "../triggers/trigger.ts";
import { openWindowStates, type WindowStates } from "./handles.ts";
import { stateNames } from "./state-names.ts";
import type { WindowForm } from "./window-form.ts";

/** Calls the trigger with its context turned to one window of the current key. A trigger may take what it calls out of it, as out of any context. */
export class TriggerCalls implements MergeContext {
  readonly #trigger: Trigger<unknown>;
  readonly #context: OperatorContext<unknown>;
  readonly #form: WindowForm;
  readonly #timers: TimerService<Namespace>;
  readonly #states: WindowStates;
  #namespace: Namespace = 0;
  #merged: readonly Namespace[] = [];

  constructor(trigger: Trigger<unknown>, context: OperatorContext<unknown>, form: WindowForm, timers: TimerService<Namespace>) {
    this.#trigger = trigger;
    this.#context = context;
    this.#form = form;
    this.#timers = timers;
    const keyed: KeyedContext = context.keyed;
    this.#states = openWindowStates(keyed, trigger.state, stateNames.ofTrigger, form, () => this.#namespace);
  }

  onElement(value: unknown, timestamp: number, window: Window, namespace: Namespace): TriggerResult {
    this.#namespace = namespace;
    return this.#trigger.onElement(value, timestamp, window, this);
  }

  onEventTime(time: number, window: Window, namespace: Namespace): TriggerResult {
    this.#namespace = namespace;
    return this.#trigger.onEventTime(time, window, this);
  }

  onProcessingTime(time: number, window: Window, namespace: Namespace): TriggerResult {
    this.#namespace = namespace;
    return this.#trigger.onProcessingTime(time, window, this);
  }

  /** The `merged` windows became `window`; afterwards each of them is to be cleared. */
  onMerge(window: Window, merged: readonly Window[]): void {
    assert(this.#trigger.onMerge !== undefined, "a trigger over sessions can merge");
    this.#namespace = this.#form.encode(window);
    this.#merged = merged.map((one) => this.#form.encode(one));
    checkReturned(this.#trigger.onMerge(window, this));
    this.#merged = [];
  }

  clear(window: Window, namespace: Namespace): void {
    this.#namespace = namespace;
    checkReturned(this.#trigger.clear(window, this));
  }

  get state(): StateHandles<StateDeclarations> {
    return this.#states.handles;
  }

  readonly currentWatermark = (): number => this.#context.currentWatermark();

  readonly currentProcessingTime = (): number => this.#context.now();

  readonly registerEventTimeTimer = (time: number): void => this.#timers.registerEventTime(this.#namespace, checked(time));

  readonly deleteEventTimeTimer = (time: number): void => this.#timers.deleteEventTime(this.#namespace, time);

  readonly registerProcessingTimeTimer = (time: number): void => this.#timers.registerProcessingTime(this.#namespace, checked(time));

  readonly deleteProcessingTimeTimer = (time: number): void => this.#timers.deleteProcessingTime(this.#namespace, time);

  readonly mergeState = (name: string): void => {
    const declared = this.#states.byName.get(name);
    const kind = declared?.declaration.kind;
    if (declared === undefined || (kind !== "reducing" && kind !== "list")) {
      throw new MillraceError("WINDOW_TRIGGER", `a trigger's state "${name}" can't be merged: it is ${kind ?? "not declared"}`, {
        hint: "declare it with state.reducing or state.list, or join its values in onMerge",
      });
    }
    for (const source of this.#merged) {
      if (kind === "reducing") {
        const from = declared.state.of(source) as ReducingState<unknown>;
        const value = from.get();
        from.clear();
        if (value !== undefined) (declared.state.of(this.#namespace) as ReducingState<unknown>).add(value);
      } else {
        const from = declared.state.of(source) as ListState<unknown>;
        const values = from.get();
        from.clear();
        (declared.state.of(this.#namespace) as ListState<unknown>).addAll(values);
      }
    }
  };
}

/** A timer at what is no time would fire never, or bring those of other keys out of their order. */
function checked(time: number): number {
  if (isTime(time)) return time;
  throw new MillraceError("WINDOW_TRIGGER", `a trigger set a timer for ${String(time)}, which is no time`, {
    hint: "give whole milliseconds since 1970, or an infinity",
  });
}
