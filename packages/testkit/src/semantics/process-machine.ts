import { t } from "@millrace/codec";
import { type KeyedProcessContext, type OnTimerContext, outputTag, state } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { CaseElement, SemanticsCase } from "./case.ts";

/** State of the program of the kinds process and coProcess: elements of this key so far, and what its timers may still do. */
export const machineState = { count: state.value(t.number()), budget: state.value(t.number()) };
export const sideTag = outputTag<Json>("side");

export type MachineContext = KeyedProcessContext<string, typeof machineState>;
export type MachineTimerContext = OnTimerContext<string, typeof machineState>;
type Operation = readonly [name: string, time?: number];

/** What both process programs do: elements carry the operations to do; timers do those of the case's rules. */
export interface ProcessMachine {
  /** What an element emits first. */
  seen(element: CaseElement, context: MachineContext): object;
  /** Does the element's operations. */
  operate(element: CaseElement, context: MachineContext): void;
  /** What a timer emits first. */
  timed(context: MachineTimerContext): object;
  /** Does the operations of the rules that apply, as far as the key's budget goes. */
  followRules(timestamp: number, context: MachineTimerContext): void;
}

interface Rule {
  readonly domain?: "et" | "pt";
  readonly do: readonly Operation[];
}

export function createProcessMachine(spec: SemanticsCase["spec"]): ProcessMachine {
  const rules = spec.onTimer as unknown as readonly Rule[];
  const budget = Number(spec.budget ?? 0);

  function spend(context: MachineContext): boolean {
    const left = context.state.budget.value() ?? budget;
    if (left === 0) return false;
    context.state.budget.update(left - 1);
    return true;
  }

  return {
    seen(element, context) {
      const n = (context.state.count.value() ?? 0) + 1;
      context.state.count.update(n);
      return { k: context.currentKey(), id: element.id, n, ...times(context) };
    },
    operate(element, context) {
      for (const operation of (element.ops ?? []) as unknown as readonly Operation[]) {
        if (does(operation, context, 0, 0)) context.output(sideTag, { k: context.currentKey(), id: element.id ?? null });
      }
    },
    timed: (context) => ({ k: context.currentKey(), timer: domainOf(context), n: context.state.count.value() ?? null, ...times(context) }),
    followRules(timestamp, context) {
      const domain = domainOf(context);
      for (const rule of rules) {
        if ((rule.domain !== undefined && rule.domain !== domain) || !spend(context)) continue;
        for (const operation of rule.do) {
          if (does(operation, context, timestamp, context.currentProcessingTime())) {
            context.output(sideTag, { k: context.currentKey(), timer: domain });
          }
        }
      }
    },
  };
}

function times(context: MachineContext): object {
  return { wm: context.currentWatermark(), pt: context.currentProcessingTime(), at: context.timestamp() ?? null };
}

function domainOf(context: MachineTimerContext): "et" | "pt" {
  return context.timeDomain() === "event" ? "et" : "pt";
}

/** Does one operation; true when it asks for a side output. */
function does([name, time = 0]: Operation, context: MachineContext, base: number, clockBase: number): boolean {
  switch (name) {
    case "et":
      context.timers.registerEventTimeTimer(base + time);
      return false;
    case "pt":
      context.timers.registerProcessingTimeTimer(clockBase + time);
      return false;
    case "xet":
      context.timers.deleteEventTimeTimer(base + time);
      return false;
    case "xpt":
      context.timers.deleteProcessingTimeTimer(clockBase + time);
      return false;
    case "clear":
      context.state.count.clear();
      return false;
    default:
      return true;
  }
}
