import { assert, truth } from "@millrace/core";
import { type ChainBindings, type ChainCode, type ChainControl, chainFailure, type Emit } from "./code.ts";
import { type ChainNode, type ChainProgram, inputsOf, nodeOf, type Taker } from "./program.ts";

let chainsMade = 0;

/** Nodes in one function: what V8 inlines into one is bounded. */
const NODES_PER_FUNCTION = 16;

/**
 * Compiles a chain to one function with a source text of its own, so that its call sites share type feedback with no
 * other chain of the process (law O3; 0.7 to 0.8 of a hand-written loop, against 0.3 for closures in a busy process).
 * Counters stand in a typed array, which costs a sixth of variables that closures share; `at` remembers the node for errors.
 * Throws where code generation is forbidden.
 */
export function generateChain(program: ChainProgram, bindings: ChainBindings): ChainCode {
  const source = `${new ChainSource(program).text()}\n//# sourceURL=millrace-chain-${++chainsMade}.js`;
  const make = new Function("functions", "operators", "sinks", "edges", "metrics", "control", "chainFailure", "truth", source) as MakeChain;
  const made = make(
    byId(bindings.functions),
    byId(bindings.operators),
    byId(bindings.sinks),
    bindings.edges,
    byId(bindings.metrics),
    bindings.control,
    chainFailure,
    truth,
  );
  return {
    batch: (input, values, timestamps, from, to) => (input === 0 ? made.batch0 : made.batch1)(values, timestamps, from, to),
    emit: (node) => {
      const emit = made.emits[`m${node}`];
      assert(emit !== undefined, `chain ${program.name} has no emitter for node ${node}`);
      return emit;
    },
    side: (node, output) => made.emits[sideName(nodeOf(program, node), output)],
    settleMetrics: made.settleMetrics,
  };
}

type MakeChain = (
  functions: unknown,
  operators: unknown,
  sinks: unknown,
  edges: unknown,
  metrics: unknown,
  control: ChainControl,
  failure: typeof chainFailure,
  isTrue: typeof truth,
) => {
  batch0: (values: readonly unknown[], timestamps: ArrayLike<number>, from: number, to: number) => number;
  batch1: (values: readonly unknown[], timestamps: ArrayLike<number>, from: number, to: number) => number;
  emits: Record<string, Emit>;
  settleMetrics: () => void;
};

function byId(map: ReadonlyMap<number, unknown>): Record<string, unknown> {
  return Object.fromEntries([...map].map(([id, value]) => [`n${id}`, value]));
}

function sideName(node: ChainNode, output: string): string {
  return `side${node.id}_${[...node.side.keys()].indexOf(output)}`;
}

/** The text of a chain: its functions, and what they share. */
class ChainSource {
  readonly #program: ChainProgram;
  #counters = 0;
  readonly #totals: string[] = [];
  readonly #functions: string[] = [];
  /** Nodes that have a function of their own, which takes a record: those with several inputs, and those where a long line is cut. */
  readonly #nodeFunctions = new Set<number>();

  constructor(program: ChainProgram) {
    this.#program = program;
  }

  text(): string {
    const emits: string[] = [];
    for (const node of this.#program.nodes) {
      if (node.kind !== "operator" && node.kind !== "source") continue;
      emits.push(this.#emitFunction(`m${node.id}`, node, node.main));
      for (const [output, takers] of node.side) emits.push(this.#emitFunction(sideName(node, output), node, takers));
    }
    this.#batchFunction(0);
    this.#batchFunction(1);
    return `"use strict";
${bindingLines(this.#program).join("\n")}
const counts = new Float64Array(${this.#counters});
${this.#functions.join("\n")}
function settleMetrics() {
  ${this.#totals.join("\n  ")}
  counts.fill(0);
}
return { batch0, batch1, emits: { ${emits.join(", ")} }, settleMetrics };`;
  }

  /** A new counter. */
  counter(): string {
    return `counts[${this.#counters++}]`;
  }

  /** The metric grows by what the counter has counted. */
  total(node: number, metric: "recordsIn" | "recordsOut", counter: string): void {
    this.#totals.push(`c${node}.${metric} += ${counter};`);
  }

  /** The name of the function that takes records of this node, made when it is first asked for. */
  nodeFunction(node: ChainNode): string {
    const name = `n${node.id}`;
    if (this.#nodeFunctions.has(node.id)) return name;
    this.#nodeFunctions.add(node.id);
    const counter = this.counter();
    const body = new Body(this, this.#program);
    body.node(node, 0, "v", "t", counter, 2);
    this.#functions.push(recordFunction(name, node.id, counter, body));
    return name;
  }

  #emitFunction(name: string, node: ChainNode, takers: readonly Taker[]): string {
    const counter = this.counter();
    this.total(node.id, "recordsOut", counter);
    const body = new Body(this, this.#program);
    body.takers(takers, "v", "t", counter, 2);
    this.#functions.push(recordFunction(name, node.id, counter, body));
    return name;
  }

  #batchFunction(input: 0 | 1): void {
    const body = new Body(this, this.#program);
    const head = nodeOf(this.#program, this.#program.head);
    const counter = this.counter();
    if (head.kind === "source") {
      this.total(head.id, "recordsOut", counter);
      body.takers(head.main, "v", "t", counter, 3);
    } else body.node(head, input, "v", "t", counter, 3);
    this.#functions.push(`function batch${input}(values, timestamps, from, to) {
  let i = from, at = ${head.id};
  try {
    while (i < to) {
      const v = values[i], t = timestamps[i];
      i++;
${body.text()}
      ${body.mayInterrupt ? "if (control.interrupt) break;" : ""}
    }
  } catch (error) {
    const failure = chainFailure(error, at);
    failure.index = i - 1;
    throw failure;
  } finally {
    ${counter} += i - from;
  }
  return i;
}`);
  }
}

function bindingLines(program: ChainProgram): readonly string[] {
  const lines: string[] = [];
  for (const node of program.nodes) {
    const name = `n${node.id}`;
    if (node.kind === "map" || node.kind === "filter" || node.kind === "flatMap") lines.push(`const u${node.id} = functions.${name};`);
    if (node.kind === "operator") lines.push(`const o${node.id} = operators.${name};`);
    if (node.kind === "sink") lines.push(`const s${node.id} = sinks.${name};`);
    lines.push(`const c${node.id} = metrics.${name};`);
  }
  const takers = program.nodes.flatMap((node) => [...node.main, ...[...node.side.values()].flat()]);
  for (const index of new Set(takers.flatMap((taker) => (taker.kind === "edge" ? [taker.index] : []))))
    lines.push(`const e${index} = edges[${index}];`);
  return lines;
}

/** A function of one record. */
function recordFunction(name: string, node: number, counter: string, body: Body): string {
  return `function ${name}(v, t) {
  ${counter}++;
  let at = ${node};
  try {
${body.text()}
  } catch (error) { throw chainFailure(error, at); }
}`;
}

/**
 * Builds the statements that carry one record through a run of nodes. Nodes that pass every record on share one counter: it
 * changes at filters and flatMaps only. So the nodes behind one that failed count the record that failed, too.
 */
class Body {
  mayInterrupt = false;
  readonly #source: ChainSource;
  readonly #program: ChainProgram;
  readonly #lines: string[] = [];
  #variables = 0;
  #nodes = 0;

  constructor(source: ChainSource, program: ChainProgram) {
    this.#source = source;
    this.#program = program;
  }

  text(): string {
    return this.#lines.join("\n");
  }

  /** `count` has counted the records that come here. */
  takers(takers: readonly Taker[], value: string, time: string, count: string, depth: number): void {
    for (const taker of takers) {
      if (taker.kind === "edge") {
        this.mayInterrupt = true;
        this.#line(depth, `e${taker.index}.push(${value}, ${time});`);
        continue;
      }
      const node = nodeOf(this.#program, taker.id);
      if (!this.#standsAlone(node)) {
        this.node(node, taker.input, value, time, count, depth);
        continue;
      }
      this.mayInterrupt = true;
      this.#line(depth, `${this.#source.nodeFunction(node)}(${value}, ${time});`);
    }
  }

  /** Operators and sinks are calls wherever they stand; the others are written out again for each place. */
  #standsAlone(node: ChainNode): boolean {
    if (node.kind === "operator" || node.kind === "sink") return false;
    return this.#nodes >= NODES_PER_FUNCTION || inputsOf(this.#program, node.id).length > 1;
  }

  node(node: ChainNode, input: 0 | 1, value: string, time: string, count: string, depth: number): void {
    this.#nodes++;
    this.#source.total(node.id, "recordsIn", count);
    this.#line(depth, `at = ${node.id};`);
    switch (node.kind) {
      case "map": {
        const result = this.#variable();
        this.#line(depth, `const ${result} = u${node.id}(${value});`);
        this.#source.total(node.id, "recordsOut", count);
        this.takers(node.main, result, time, count, depth);
        return;
      }
      case "filter": {
        const passed = this.#counter(node);
        const answer = this.#variable();
        this.#line(depth, `const ${answer} = u${node.id}(${value});`);
        // Where it is a boolean, as in TypeScript, nothing is called.
        this.#line(depth, `if (${answer} === true || (${answer} !== false && truth(${answer}))) { ${passed}++;`);
        this.takers(node.main, value, time, passed, depth + 1);
        this.#line(depth, "}");
        return;
      }
      case "flatMap": {
        const result = this.#variable();
        const made = this.#counter(node);
        this.mayInterrupt = true;
        this.#line(depth, `for (const ${result} of u${node.id}(${value})) { ${made}++;`);
        this.takers(node.main, result, time, made, depth + 1);
        this.#line(depth + 1, `at = ${node.id};`);
        this.#line(depth, "}");
        return;
      }
      case "operator":
        this.mayInterrupt = true;
        this.#line(depth, `o${node.id}.processElement${input === 0 ? "" : "2"}(${value}, ${time});`);
        return;
      case "sink":
        this.#line(depth, `s${node.id}.write(${value}, ${time});`);
        return;
      case "source":
        assert(false, "a source has no input");
    }
  }

  /** Counts what the node emits. */
  #counter(node: ChainNode): string {
    const name = this.#source.counter();
    this.#source.total(node.id, "recordsOut", name);
    return name;
  }

  #variable(): string {
    return `v${++this.#variables}`;
  }

  #line(depth: number, text: string): void {
    this.#lines.push(`${"  ".repeat(depth)}${text}`);
  }
}
