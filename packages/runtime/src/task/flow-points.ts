import type { SinkWriter } from "@millrace/contracts";
import type { ChainProgram, Taker } from "../chain/program.ts";
import { inputsOf, nodeOf } from "../chain/program.ts";
import type { EdgeWriter } from "../channel/edge-writer.ts";
import { InputMerge } from "./input-merge.ts";
import type { OperatorHost } from "./operator-host.ts";

/** The chain as watermarks see it: operators only, functions between them are let through. */
export interface FlowPoint {
  readonly host: OperatorHost | undefined;
  readonly sink: SinkWriter<unknown> | undefined;
  readonly edge: EdgeWriter | undefined;
  /** One input of a node that takes several; `next` is the node. */
  readonly input: { readonly merge: InputMerge; readonly index: number } | undefined;
  readonly next: readonly FlowPoint[];
  /** All points further down. */
  readonly behind: ReadonlySet<FlowPoint>;
}

/** Builds the points of a chain, each node once. */
export class FlowMap {
  /** The points of operators. */
  readonly ofHosts = new Map<OperatorHost, FlowPoint>();
  readonly #program: ChainProgram;
  readonly #hosts: ReadonlyMap<number, OperatorHost>;
  readonly #sinks: ReadonlyMap<number, SinkWriter<unknown>>;
  readonly #edges: readonly EdgeWriter[];
  /** Of nodes with several inputs. */
  readonly #merged = new Map<number, { readonly merge: InputMerge; readonly next: readonly FlowPoint[]; readonly free: [number, number] }>();

  constructor(
    program: ChainProgram,
    hosts: ReadonlyMap<number, OperatorHost>,
    sinks: ReadonlyMap<number, SinkWriter<unknown>>,
    edges: readonly EdgeWriter[],
  ) {
    this.#program = program;
    this.#hosts = hosts;
    this.#sinks = sinks;
    this.#edges = edges;
  }

  pointsOfNode(id: number): readonly FlowPoint[] {
    const node = nodeOf(this.#program, id);
    const next = [...node.main, ...[...node.side.values()].flat()].flatMap((taker) => this.#pointsOfTaker(taker));
    const host = this.#hosts.get(id);
    if (host !== undefined) {
      const point = flowPoint({ host, next });
      this.ofHosts.set(host, point);
      return [point];
    }
    const sink = this.#sinks.get(id);
    return sink === undefined ? next : [flowPoint({ sink })];
  }

  #pointsOfTaker(taker: Taker): readonly FlowPoint[] {
    if (taker.kind === "edge") return [flowPoint({ edge: this.#edges[taker.index] })];
    const inputs = inputsOf(this.#program, taker.id);
    if (inputs.length === 1) return this.pointsOfNode(taker.id);
    let merged = this.#merged.get(taker.id);
    if (merged === undefined) {
      const ofFirst = inputs.filter((input) => input === 0).length;
      merged = { merge: new InputMerge(inputs), next: this.pointsOfNode(taker.id), free: [0, ofFirst] };
      this.#merged.set(taker.id, merged);
    }
    return [flowPoint({ input: { merge: merged.merge, index: merged.free[taker.input]++ }, next: merged.next })];
  }
}

function flowPoint(parts: Partial<Omit<FlowPoint, "behind">>): FlowPoint {
  const { host, sink, edge, input, next = [] } = parts;
  return { host, sink, edge, input, next, behind: new Set(next.flatMap((point) => [point, ...point.behind])) };
}
