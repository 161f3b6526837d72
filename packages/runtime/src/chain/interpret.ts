import type { Operator, OperatorMetrics } from "@millrace/contracts";
import { AssertionError, assert, truth } from "@millrace/core";
import { type ChainBindings, type ChainCode, chainFailure, type Emit } from "./code.ts";
import { type ChainProgram, nodeOf, type Taker } from "./program.ts";

/** The plain twin of `generateChain`: closures over the same program. The oracle of its tests, and the way where code generation is forbidden. */
export function interpretChain(program: ChainProgram, bindings: ChainBindings): ChainCode {
  const emits = new Map<string, Emit>();
  for (const node of program.nodes) {
    if (node.kind !== "operator" && node.kind !== "source") continue;
    const metrics = bound(bindings.metrics, node.id);
    emits.set(
      `${node.id}/`,
      emitter(
        node.id,
        metrics,
        node.main.map((taker) => step(program, bindings, taker)),
      ),
    );
    for (const [output, takers] of node.side) {
      emits.set(
        `${node.id}/${output}`,
        emitter(
          node.id,
          metrics,
          takers.map((taker) => step(program, bindings, taker)),
        ),
      );
    }
  }
  const head = nodeOf(program, program.head);
  const entries = ([0, 1] as const).map((input): Emit => {
    if (head.kind !== "source") return step(program, bindings, { kind: "node", id: head.id, input });
    const emit = emits.get(`${head.id}/`);
    assert(emit !== undefined, "a source emits");
    return emit;
  });
  return {
    batch(input, values, timestamps, from, to) {
      const enter = entries[input] as Emit;
      let i = from;
      try {
        while (i < to) {
          const index = i++;
          enter(values[index], timestamps[index] as number);
          if (bindings.control.interrupt) break;
        }
      } catch (error) {
        const failure = chainFailure(error, program.head);
        failure.index = i - 1;
        throw failure;
      }
      return i;
    },
    emit(node) {
      const emit = emits.get(`${node}/`);
      assert(emit !== undefined, `chain ${program.name} has no emitter for node ${node}`);
      return emit;
    },
    side: (node, output) => emits.get(`${node}/${output}`),
    settleMetrics() {},
  };
}

function emitter(node: number, metrics: OperatorMetrics, takers: readonly Emit[]): Emit {
  return (value, timestamp) => {
    metrics.recordsOut++;
    try {
      for (const take of takers) take(value, timestamp);
    } catch (error) {
      throw chainFailure(error, node);
    }
  };
}

function step(program: ChainProgram, bindings: ChainBindings, taker: Taker): Emit {
  if (taker.kind === "edge") {
    const edge = bindings.edges[taker.index];
    assert(edge !== undefined, `edge ${taker.index} is bound`);
    return (value, timestamp) => edge.push(value, timestamp);
  }
  const node = nodeOf(program, taker.id);
  const metrics = bound(bindings.metrics, node.id);
  const run = nodeStep(program, bindings, taker.id, taker.input);
  return (value, timestamp) => {
    metrics.recordsIn++;
    try {
      run(value, timestamp);
    } catch (error) {
      throw chainFailure(error, node.id);
    }
  };
}

function nodeStep(program: ChainProgram, bindings: ChainBindings, id: number, input: 0 | 1): Emit {
  const node = nodeOf(program, id);
  const metrics = bound(bindings.metrics, id);
  const takers = node.kind === "operator" ? [] : node.main.map((taker) => step(program, bindings, taker));
  const pass = (value: unknown, timestamp: number) => {
    metrics.recordsOut++;
    for (const take of takers) take(value, timestamp);
  };
  switch (node.kind) {
    case "map": {
      const fn = bound(bindings.functions, id);
      return (value, timestamp) => pass(fn(value), timestamp);
    }
    case "filter": {
      const fn = bound(bindings.functions, id);
      return (value, timestamp) => {
        if (truth(fn(value))) pass(value, timestamp);
      };
    }
    case "flatMap": {
      const fn = bound(bindings.functions, id) as (value: unknown) => Iterable<unknown>;
      return (value, timestamp) => {
        for (const result of fn(value)) pass(result, timestamp);
      };
    }
    case "operator":
      return operatorStep(bound(bindings.operators, id), input);
    case "sink": {
      const sink = bound(bindings.sinks, id);
      return (value, timestamp) => sink.write(value, timestamp);
    }
    case "source":
      throw new AssertionError("impossible state: a source has no input");
  }
}

function operatorStep(operator: Operator<unknown, unknown, unknown>, input: 0 | 1): Emit {
  if (input === 0) return (value, timestamp) => operator.processElement(value, timestamp);
  return (value, timestamp) => {
    assert(operator.processElement2 !== undefined, "an operator with a second input takes its records");
    operator.processElement2(value, timestamp);
  };
}

function bound<V>(map: ReadonlyMap<number, V>, id: number): V {
  const value = map.get(id);
  assert(value !== undefined, `node ${id} is bound`);
  return value;
}
