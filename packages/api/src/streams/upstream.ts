import type { Codec } from "@millrace/codec";
import type { BroadcastStates, Key, StateDeclaration, StateDeclarations } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import type { Exchange, NodeBody, NodeKind, NodeSpec, Partitioner, PlanBuilder, PlanEdge, TimeDomain } from "@millrace/plan";
import { callSite } from "../node/call-site.ts";
import { plannedStates } from "../planned-states.ts";
import type { DataStream } from "./data-stream.ts";
import type { NodeOptions, StatefulNodeOptions } from "./options.ts";
import { refuseAsync } from "./synchronous.ts";

/** Where a stream's records come from: outputs of nodes (several after a union), and how they travel to the next node. */
export interface Upstream {
  readonly builder: PlanBuilder;
  /** Makes the stream that its methods stand on. It is handed along so that no kind of stream has to import another that leads back to it. */
  readonly streamOf: <T>(upstream: Upstream) => DataStream<T>;
  readonly origins: readonly Origin[];
  readonly exchange: Exchange;
  /** Of a custom exchange. */
  readonly partitioner?: Partitioner;
}

export interface Origin {
  readonly node: number;
  /** Side output, or "" for the main one. */
  readonly output: string;
}

/** An upstream whose records are dealt out by key. */
export interface KeyedUpstream {
  readonly upstream: Upstream;
  readonly keySelector: (value: unknown) => Key;
  /** Type of the key, when a codec was named. */
  readonly keyType: Json | undefined;
}

/** What a stream knows of the node it adds. */
export interface NodeParts {
  readonly kind: NodeKind;
  readonly body: NodeBody;
  /** What the user gave that is called for records: functions, and objects whose methods are. Those of `body` are known. */
  readonly called?: readonly unknown[];
  readonly states?: StateDeclarations;
  readonly broadcastStates?: BroadcastStates;
  readonly timers?: readonly TimeDomain[];
  readonly sideOutputs?: readonly string[];
  readonly details?: { readonly [name: string]: Json | undefined };
}

/** Adds a node behind one input, or behind two that are connected, and gives its main output. */
export function addNode<Out>(
  inputs: readonly [Upstream] | readonly [Upstream, Upstream],
  options: (NodeOptions & Pick<Partial<StatefulNodeOptions>, "uidAliases">) | undefined,
  { called = [], ...parts }: NodeParts,
): DataStream<Out> {
  refuseAsync(options?.uid, ...called, ...("fn" in parts.body ? [parts.body.fn] : []));
  if (parts.body.kind === "operator") refuseAsync(options?.uid, ...parts.body.keySelectors);
  for (const declared of Object.values({ ...parts.states, ...parts.broadcastStates })) refuseAsync(options?.uid, ...functionsOf(declared));
  const { builder, streamOf } = inputs[0];
  for (const input of inputs) checkSameJob(builder, input);
  const node = builder.add({
    ...parts,
    states: plannedStates(parts.states),
    broadcastStates: parts.broadcastStates === undefined ? undefined : plannedStates(parts.broadcastStates),
    body: bodyOf(parts),
    uid: options?.uid,
    uidAliases: options?.uidAliases,
    name: options?.name,
    parallelism: options?.parallelism,
    maxParallelism: options?.maxParallelism,
    chaining: chainingOf(options),
    partitioners: inputs.some(({ partitioner }) => partitioner !== undefined) ? inputs.map(({ partitioner }) => partitioner) : undefined,
    inputs: inputs.flatMap((input, index) => edgesFrom(input, index === 0 ? 0 : 1)),
    callSite: callSite(),
  });
  return streamOf(mainOutput({ builder, streamOf }, node));
}

function functionsOf(declared: StateDeclaration): readonly unknown[] {
  if (declared.kind === "aggregating") return [declared.aggregate, declared.migrate];
  return declared.kind === "reducing" ? [declared.reduce, declared.migrate] : [declared.migrate];
}

/** With the declarations beside the function. */
function bodyOf({ body, states = {}, broadcastStates }: NodeParts): NodeBody {
  if (body.kind !== "operator") return body;
  return { ...body, states, ...(broadcastStates === undefined ? {} : { broadcastStates }) };
}

export function chainingOf(options: NodeOptions | undefined): NodeSpec["chaining"] {
  if (options?.disableChaining === true) return "never";
  return options?.startNewChain === true ? "head" : undefined;
}

/** What a node gives to the next one, handed over as it comes. */
export function mainOutput(of: Pick<Upstream, "builder" | "streamOf">, node: number): Upstream {
  return { ...of, origins: [{ node, output: "" }], exchange: "forward" };
}

export function withExchange(upstream: Upstream, exchange: Exchange): Upstream {
  const { partitioner: _, ...others } = upstream;
  return { ...others, exchange };
}

export function withPartitioner(upstream: Upstream, partitioner: Partitioner): Upstream {
  return { ...upstream, exchange: "custom", partitioner };
}

export function checkSameJob(builder: PlanBuilder, other: Upstream): void {
  if (other.builder === builder) return;
  throw new MillraceError("PLAN_FOREIGN_STREAM", "streams of two jobs can't be joined", {
    hint: "make both streams from the env of one builder function, each time it is called",
  });
}

/** What a codec adds to a node's details. */
export function typeOf(codec: Codec<never> | Codec<unknown> | undefined): Json | undefined {
  return codec?.type;
}

function edgesFrom({ origins, exchange }: Upstream, input: 0 | 1): readonly PlanEdge[] {
  return origins.map(({ node, output }) => ({ from: node, output, input, exchange }));
}
