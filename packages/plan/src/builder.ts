import { assert, checkChoice, type Json, MillraceError } from "@millrace/core";
import { frozenFields, frozenJson } from "./frozen-json.ts";
import type { CallSite, JobGraph, NodeBody, Partitioner } from "./graph.ts";
import type { LogicalPlan, NodeKind, PlanEdge, PlanNode, PlannedState, TimeDomain } from "./logical.ts";
import { deriveUid } from "./uids.ts";
import { validateGraph } from "./validate.ts";

/** A node as a front end describes it; the builder gives it its id and, when it is stateless, its uid. */
export interface NodeSpec {
  readonly kind: NodeKind;
  /** undefined: none was given. */
  readonly uid: string | undefined;
  readonly name?: string | undefined;
  readonly uidAliases?: readonly string[] | undefined;
  readonly inputs: readonly PlanEdge[];
  readonly states?: readonly PlannedState[] | undefined;
  readonly broadcastStates?: readonly PlannedState[] | undefined;
  readonly timers?: readonly TimeDomain[] | undefined;
  readonly sideOutputs?: readonly string[] | undefined;
  readonly details?: { readonly [name: string]: Json | undefined } | undefined;
  readonly parallelism?: number | undefined;
  readonly maxParallelism?: number | undefined;
  readonly chaining?: PlanNode["chaining"];
  /** By input, for custom exchanges. */
  readonly partitioners?: readonly (Partitioner | undefined)[] | undefined;
  readonly body: NodeBody;
  readonly callSite?: CallSite | undefined;
}

/**
 * How a job runs. streaming: its results come as its input does, and it is resumed from checkpoints. batch: its input ends; only
 * final results come, at the end, and there are no checkpoints.
 */
export type ExecutionMode = "streaming" | "batch";

/**
 * Collects nodes into a JobGraph. A node's inputs are nodes added before it, so the order is topological and a cycle
 * can't be built. Every front end (DataStream, SQL, CEP) builds its jobs with this.
 */
export class PlanBuilder {
  readonly mode: ExecutionMode;
  readonly #jobName: string;
  readonly #parameters: { readonly [name: string]: Json };
  readonly #nodes: PlanNode[] = [];
  readonly #bodies: NodeBody[] = [];
  readonly #callSites: (CallSite | undefined)[] = [];
  readonly #partitioners: (readonly (Partitioner | undefined)[] | undefined)[] = [];
  #built = false;

  constructor(jobName: string, parameters: { readonly [name: string]: Json } = {}, mode: ExecutionMode = "streaming") {
    checkChoice("the mode of a job", mode, ["streaming", "batch"]);
    this.mode = mode;
    this.#jobName = jobName;
    this.#parameters = frozenFields(parameters);
  }

  /** Adds a node and returns its id. Throws PLAN_CLOSED once the job is built. */
  add(spec: NodeSpec): number {
    if (this.#built) {
      throw new MillraceError("PLAN_CLOSED", `the job "${this.#jobName}" is built already; ${spec.kind} came too late`, {
        hint: "build the whole job before the builder function returns; it can't wait for anything asynchronous",
        where: { job: this.#jobName },
      });
    }
    const id = this.#nodes.length;
    this.#nodes.push(planNode(id, spec, this.#uidOf(spec)));
    this.#bodies.push(Object.freeze(spec.body));
    this.#callSites.push(spec.callSite);
    this.#partitioners.push(spec.partitioners);
    return id;
  }

  /** Whether a source that never ends feeds this node. */
  isLive(id: number): boolean {
    const body = this.#bodies[id];
    if (body?.kind === "source") return body.source.boundedness === "unbounded";
    return (this.#nodes[id]?.inputs ?? []).some((edge) => this.isLive(edge.from));
  }

  /** The uid of a node that has been added. */
  uidOf(id: number): string {
    const node = this.#nodes[id];
    assert(node !== undefined, `node ${id} has been added`);
    return node.uid;
  }

  /**
   * The frozen job, checked by validateGraph. No node can be added afterwards. Throws BATCH_UNBOUNDED for a source that never ends
   * in batch mode.
   */
  build(): JobGraph {
    this.#built = true;
    const plan: LogicalPlan = Object.freeze({
      formatVersion: 1,
      jobName: this.#jobName,
      parameters: this.#parameters,
      nodes: Object.freeze(this.#nodes),
    });
    const graph: JobGraph = Object.freeze({
      plan,
      bodies: Object.freeze(this.#bodies),
      callSites: Object.freeze(this.#callSites),
      partitioners: Object.freeze(this.#partitioners),
    });
    validateGraph(graph);
    if (this.mode === "batch") this.#verifyBounded();
    return graph;
  }

  #verifyBounded(): void {
    const endless = this.#bodies.findIndex((body) => body.kind === "source" && body.source.boundedness === "unbounded");
    if (endless < 0) return;
    throw new MillraceError("BATCH_UNBOUNDED", "a job in batch mode gives its results when its input has ended, and this source never ends", {
      where: { job: this.#jobName, uid: this.#nodes[endless]?.uid },
      hint: "give the source an end (Kafka: stop, datagen: count, files: no watch), or run the job in streaming mode",
    });
  }

  /** A stateful node without a uid gets a derived one too; validation refuses it with its place. */
  #uidOf(spec: NodeSpec): { readonly uid: string; readonly derived: boolean } {
    if (spec.uid !== undefined) return { uid: spec.uid, derived: false };
    return { uid: deriveUid(spec.kind, spec.inputs, this.#nodes), derived: true };
  }
}

function planNode(id: number, spec: NodeSpec, { uid, derived }: { readonly uid: string; readonly derived: boolean }): PlanNode {
  return Object.freeze({
    id,
    kind: spec.kind,
    uid,
    uidDerived: derived,
    name: spec.name ?? uid,
    ...(spec.uidAliases === undefined || spec.uidAliases.length === 0 ? {} : { uidAliases: Object.freeze([...spec.uidAliases]) }),
    inputs: Object.freeze(spec.inputs.map((edge) => Object.freeze({ ...edge }))),
    states: Object.freeze((spec.states ?? []).map(frozenState)),
    ...(spec.broadcastStates === undefined ? {} : { broadcastStates: Object.freeze(spec.broadcastStates.map(frozenState)) }),
    timers: Object.freeze([...(spec.timers ?? [])]),
    sideOutputs: Object.freeze([...(spec.sideOutputs ?? [])]),
    details: frozenFields(spec.details ?? {}),
    ...(spec.parallelism === undefined ? {} : { parallelism: spec.parallelism }),
    ...(spec.maxParallelism === undefined ? {} : { maxParallelism: spec.maxParallelism }),
    ...(spec.chaining === undefined ? {} : { chaining: spec.chaining }),
  });
}

function frozenState(state: PlannedState): PlannedState {
  return Object.freeze({
    ...state,
    type: frozenJson(state.type),
    ...(state.keyType === undefined ? {} : { keyType: frozenJson(state.keyType) }),
    ...(state.aliases === undefined ? {} : { aliases: Object.freeze([...state.aliases]) }),
  });
}
