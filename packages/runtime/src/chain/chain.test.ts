import { newOperatorMetrics, type Operator } from "@millrace/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainBindings, type ChainControl, ChainFailure } from "./code.ts";
import { generateChain } from "./generate.ts";
import { interpretChain } from "./interpret.ts";
import type { ChainNode, ChainProgram, Taker } from "./program.ts";

type Kind = "map" | "filter" | "flatMap" | "operator";
const makers = { generated: generateChain, interpreted: interpretChain };

/** A line of nodes, each with a second taker of its records when `forks` says so; ends in edge 0. */
function line(kinds: readonly Kind[], forks: readonly boolean[]): ChainProgram {
  const nodes = kinds.map((kind, id): ChainNode => {
    const next = id + 1 < kinds.length ? ({ kind: "node", id: id + 1, input: 0 } as const) : ({ kind: "edge", index: 0 } as const);
    return { id, uid: `n${id}`, kind, main: forks[id] ? [next, { kind: "edge", index: 1 }] : [next], side: new Map() };
  });
  return { name: "line", head: 0, nodes };
}

/** Nodes that each take the records of one or more earlier ones, so that they split up and come together again. */
function graph(shapes: readonly { readonly kind: Kind; readonly from: readonly number[] }[]): ChainProgram {
  const mains = shapes.map((): Taker[] => []);
  shapes.forEach(({ from }, id) => {
    if (id > 0) for (const earlier of from) mains[earlier % id]?.push({ kind: "node", id, input: 0 });
  });
  const nodes = shapes.map(({ kind }, id): ChainNode => {
    const main = mains[id] as Taker[];
    return { id, uid: `n${id}`, kind, main: main.length > 0 ? main : [{ kind: "edge", index: 0 }], side: new Map() };
  });
  return { name: "graph", head: 0, nodes };
}

class Doubler implements Operator<unknown, unknown> {
  emit: (value: unknown, timestamp: number) => void = () => undefined;
  processElement(value: unknown, timestamp: number): void {
    this.emit((value as number) * 2, timestamp + 1);
    if ((value as number) % 5 === 0) this.emit(value, timestamp);
  }
}

function bind(program: ChainProgram, interruptAfter = Number.POSITIVE_INFINITY) {
  const out: [number, unknown, number][] = [];
  const control: ChainControl = { interrupt: false };
  const operators = new Map<number, Doubler>();
  const functions = new Map<number, (value: unknown) => unknown>();
  const metrics = new Map(program.nodes.map((node) => [node.id, newOperatorMetrics()]));
  for (const node of program.nodes) {
    if (node.kind === "map") functions.set(node.id, (value) => (value as number) + node.id);
    if (node.kind === "filter") functions.set(node.id, (value) => (value as number) % 3 !== 0);
    if (node.kind === "flatMap") functions.set(node.id, (value) => [value, (value as number) + 1].slice(0, (value as number) % 3));
    if (node.kind === "operator") operators.set(node.id, new Doubler());
  }
  const edges = [0, 1].map((edge) => ({
    push(value: unknown, timestamp: number) {
      out.push([edge, value, timestamp]);
      if (out.length >= interruptAfter) control.interrupt = true;
    },
  }));
  const bindings: ChainBindings = { functions, operators, sinks: new Map(), edges, metrics, control };
  return { out, control, operators, bindings, metrics };
}

function run(make: typeof generateChain, program: ChainProgram, values: readonly number[]) {
  const bound = bind(program);
  const code = make(program, bound.bindings);
  for (const [id, operator] of bound.operators) operator.emit = code.emit(id);
  const end = code.batch(
    0,
    values,
    values.map((_, i) => i * 10),
    0,
    values.length,
  );
  code.settleMetrics();
  return { out: bound.out, end, metrics: [...bound.metrics.values()] };
}

describe("chains", () => {
  it("do the same generated and interpreted, records and counters, for any line of nodes", () => {
    const kinds = fc.array(fc.constantFrom<Kind>("map", "filter", "flatMap", "operator"), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(kinds, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.array(fc.nat(50)), (line_, forks, values) => {
        const program = line(line_, forks);
        expect(run(generateChain, program, values)).toEqual(run(interpretChain, program, values));
      }),
    );
  });

  it("do the same where streams come together within the chain, each node once for every record that comes to it", () => {
    const shapes = fc.array(
      fc.record({ kind: fc.constantFrom<Kind>("map", "filter", "operator"), from: fc.array(fc.nat(9), { minLength: 1, maxLength: 2 }) }),
      { minLength: 2, maxLength: 9 },
    );
    fc.assert(
      fc.property(shapes, fc.array(fc.nat(50), { maxLength: 10 }), (nodes, values) => {
        const program = graph(nodes);
        expect(run(generateChain, program, values)).toEqual(run(interpretChain, program, values));
      }),
    );
  });

  it("do the same however long they are", () => {
    const program = line(
      Array.from({ length: 70 }, (_, i): Kind => (i % 9 === 4 ? "filter" : i % 31 === 7 ? "flatMap" : "map")),
      Array.from({ length: 70 }, (_, i) => i % 13 === 5),
    );
    const values = Array.from({ length: 40 }, (_, i) => i);
    const generated = run(generateChain, program, values);
    expect(generated).toEqual(run(interpretChain, program, values));
    expect(generated.out.length).toBeGreaterThan(0);
  });

  for (const [name, make] of Object.entries(makers)) {
    describe(name, () => {
      it("stops after the record that asked for it and goes on where it was", () => {
        const program = line(["map", "operator"], []);
        const bound = bind(program, 3);
        const code = make(program, bound.bindings);
        for (const [id, operator] of bound.operators) operator.emit = code.emit(id);
        const values = [1, 2, 3, 4, 6];
        const first = code.batch(0, values, [0, 0, 0, 0, 0], 0, 5);
        expect(first).toBe(3);
        bound.control.interrupt = false;
        expect(code.batch(0, values, [0, 0, 0, 0, 0], first, first + 1)).toBe(4);
        expect(bound.out.map(([, value]) => value)).toEqual([2, 4, 6, 8]);
      });

      it("names the innermost node and the record of a failure, and counts what was done before it", () => {
        const program = line(["map", "filter", "map"], []);
        const bound = bind(program);
        const functions = new Map(bound.bindings.functions).set(2, (value) => {
          if (value === 5) throw new Error("no fives");
          return value;
        });
        const code = make(program, { ...bound.bindings, functions });
        const failure = catchFailure(() => code.batch(0, [1, 2, 5, 7], [0, 0, 0, 0], 0, 4));
        expect([failure.node, failure.index, failure.message]).toEqual([2, 2, "no fives"]);
        code.settleMetrics();
        expect(bound.metrics.get(2)?.recordsIn).toBe(3);
      });

      it("blames the function after an operator, not the operator", () => {
        const program = line(["operator", "map"], []);
        const bound = bind(program);
        const functions = new Map(bound.bindings.functions).set(1, () => {
          throw new RangeError("deep");
        });
        const code = make(program, { ...bound.bindings, functions });
        for (const [id, operator] of bound.operators) operator.emit = code.emit(id);
        expect(catchFailure(() => code.batch(0, [1], [0], 0, 1)).node).toBe(1);
      });
    });
  }
});

function catchFailure(run: () => unknown): ChainFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof ChainFailure) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
