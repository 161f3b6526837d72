import type { NodeBody, OperatorBody } from "@millrace/plan";
import type { ChainBindings, ChainCode } from "../chain/code.ts";
import { generateChain } from "../chain/generate.ts";
import { interpretChain } from "../chain/interpret.ts";
import type { ChainProgram } from "../chain/program.ts";
import type { TaskSettings } from "../deployment/task-settings.ts";
import { SinkPort } from "../task/sink-port.ts";
import type { TaskOrder } from "./task-order.ts";

/** Code generation may be forbidden (`--disallow-code-generation-from-strings`); the interpreter then does the same, slower. */
export function compile({ interpret }: TaskSettings, program: ChainProgram, bindings: ChainBindings): ChainCode {
  if (interpret) return interpretChain(program, bindings);
  try {
    return generateChain(program, bindings);
  } catch (error) {
    if (error instanceof EvalError) return interpretChain(program, bindings);
    throw error;
  }
}

export function createSinks(order: TaskOrder, program: ChainProgram): ReadonlyMap<number, SinkPort> {
  const sinks = new Map<number, SinkPort>();
  for (const node of program.nodes) {
    const body = order.settings.graph.bodies[node.id];
    if (body?.kind !== "sink") continue;
    const writer = body.sink.createWriter(order.sinkContext(node.uid));
    sinks.set(node.id, new SinkPort(node.id, writer));
  }
  return sinks;
}

export function createOperators(order: TaskOrder, program: ChainProgram): Map<number, ReturnType<OperatorBody["create"]>> {
  const operators = new Map<number, ReturnType<OperatorBody["create"]>>();
  for (const node of program.nodes) {
    const body = order.settings.graph.bodies[node.id];
    if (body?.kind === "operator") operators.set(node.id, body.create());
  }
  return operators;
}

export function functionsOf(bodies: readonly NodeBody[], nodes: readonly number[]): ReadonlyMap<number, (value: unknown) => unknown> {
  const functions = new Map<number, (value: unknown) => unknown>();
  for (const node of nodes) {
    const body = bodies[node];
    if (body?.kind === "map" || body?.kind === "filter" || body?.kind === "flatMap") functions.set(node, body.fn);
  }
  return functions;
}
