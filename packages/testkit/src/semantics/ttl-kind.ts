import { t } from "@millrace/codec";
import {
  type AggregateFunction,
  type AggregatingState,
  type KeyedProcessFunction,
  type ListState,
  type MapState,
  type Operator,
  type ReducingState,
  type StateDeclarations,
  state,
  type TtlConfig,
  type ValueState,
} from "@millrace/contracts";
import type { Json } from "@millrace/core";
import { createKeyedProcessOperator } from "@millrace/operators";
import { steps } from "../harness/index.ts";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

/** State with time to live under a clock that the case moves; every element does one operation, a read emits what it saw. */
export async function runTtlCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const { output } = await driveOperator(
    recorded,
    {
      create: () => operatorOf(recorded.spec),
      stepOf: (step) => (typeof step.ttlClock === "number" ? [steps.processingTime(step.ttlClock)] : undefined),
    },
    variation,
  );
  return { output };
}

function operatorOf(spec: SemanticsCase["spec"]): Operator<unknown, unknown, unknown> {
  const ttl = { ttlMs: Number(spec.ttl), update: spec.update, visibility: spec.visibility } as TtlConfig;
  return createKeyedProcessOperator(programOf(String(spec.state), ttl), (element) => element.k ?? "") as Operator<unknown, unknown, unknown>;
}

type Program = KeyedProcessFunction<string, CaseElement, object, StateDeclarations>;
type Arguments = readonly (string | number)[];

function programOf(kind: string, ttl: TtlConfig): Program {
  switch (kind) {
    case "value":
      return program({ expiring: state.value(t.number(), ttl) }, onValue);
    case "reducing":
      return program({ expiring: state.reducing(t.number(), (a, b) => a + b, ttl) }, onFolded);
    case "aggregating":
      return program({ expiring: state.aggregating(t.number(), total, ttl) }, onFolded);
    case "list":
      return program({ expiring: state.list(t.number(), ttl) }, onList);
    default:
      return program({ expiring: state.map(t.string(), t.number(), ttl) }, onMap);
  }
}

const total: AggregateFunction<number, number, number> = {
  createAccumulator: () => 0,
  add: (value, sum) => sum + value,
  getResult: (sum) => sum,
  merge: (a, b) => a + b,
};

/** `operate` returns what a read saw, undefined for a write. */
function program<Handle>(declarations: StateDeclarations, operate: (handle: Handle, name: string, rest: Arguments) => Json | undefined): Program {
  return {
    state: declarations,
    processElement(element, context, out) {
      const [name, ...rest] = (element.ops ?? []) as [string, ...Arguments];
      const got = operate((context.state as Record<string, unknown>).expiring as Handle, name, rest);
      if (got !== undefined) out.collect({ id: element.id, got });
    },
  };
}

function onValue(value: ValueState<number>, name: string, [first]: Arguments): Json | undefined {
  if (name === "get") return value.value() ?? null;
  if (name === "put") value.update(Number(first));
  else value.clear();
  return undefined;
}

function onFolded(folded: ReducingState<number> | AggregatingState<number, number>, name: string, [first]: Arguments): Json | undefined {
  if (name === "get") return folded.get() ?? null;
  if (name === "add") folded.add(Number(first));
  else folded.clear();
  return undefined;
}

function onList(list: ListState<number>, name: string, rest: Arguments): Json | undefined {
  if (name === "get") return list.get();
  if (name === "add") list.add(Number(rest[0]));
  else if (name === "addAll") list.addAll(rest.map(Number));
  else if (name === "update") list.update(rest.map(Number));
  else list.clear();
  return undefined;
}

function onMap(map: MapState<string, number>, name: string, [first, second]: Arguments): Json | undefined {
  const key = String(first);
  switch (name) {
    case "get":
      return map.get(key) ?? null;
    case "contains":
      return map.has(key);
    case "isEmpty":
      return map.isEmpty();
    case "entries":
      return Object.fromEntries(map.entries());
    case "keys":
      return [...map.keys()].sort();
    case "values":
      return [...map.values()].sort((a, b) => a - b);
    case "put":
      map.put(key, Number(second));
      return undefined;
    case "remove":
      map.remove(key);
      return undefined;
    default:
      map.clear();
      return undefined;
  }
}
