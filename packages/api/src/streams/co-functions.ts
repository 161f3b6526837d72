import type { CoProcessFunction } from "@millrace/contracts";
import { createCoFlatMapOperator, createCoMapOperator, createCoProcessOperator } from "@millrace/operators";
import type { OperatorBody } from "@millrace/plan";
import type { DataStream } from "./data-stream.ts";
import { type Emits, tagNames } from "./functions.ts";
import type { NodeOptions } from "./options.ts";
import { addNode, type KeyedUpstream, typeOf, type Upstream } from "./upstream.ts";

/** Two inputs of a node that keeps nothing per key; with selectors their records are dealt out by key. */
export interface CoInputs {
  readonly upstreams: readonly [Upstream, Upstream];
  readonly keySelectors: OperatorBody["keySelectors"];
}

export function keyedInputs(first: KeyedUpstream, second: KeyedUpstream): CoInputs {
  return { upstreams: [first.upstream, second.upstream], keySelectors: [first.keySelector, second.keySelector] };
}

export function addCoMap<Out>(
  inputs: CoInputs,
  first: (value: never) => unknown,
  second: (value: never) => unknown,
  options: NodeOptions | undefined,
): DataStream<Out> {
  const functions = [first, second] as readonly unknown[] as readonly [Unknown, Unknown];
  return addNode(inputs.upstreams, options, { kind: "coMap", called: functions, body: bodyOf(inputs, () => createCoMapOperator(...functions)) });
}

export function addCoFlatMap<Out>(
  inputs: CoInputs,
  first: (value: never) => Iterable<unknown>,
  second: (value: never) => Iterable<unknown>,
  options: NodeOptions | undefined,
): DataStream<Out> {
  const functions = [first, second] as readonly unknown[] as readonly [UnknownIterable, UnknownIterable];
  return addNode(inputs.upstreams, options, {
    kind: "coFlatMap",
    called: functions,
    body: bodyOf(inputs, () => createCoFlatMapOperator(...functions)),
  });
}

export function addCoProcess<First, Second, Out>(
  inputs: CoInputs,
  fn: CoProcessFunction<First, Second, Out> & Emits<Out>,
  options: NodeOptions | undefined,
): DataStream<Out> {
  const erased = fn as CoProcessFunction<unknown, unknown, unknown>;
  return addNode(inputs.upstreams, options, {
    kind: "process",
    called: [fn],
    sideOutputs: tagNames(fn.sideOutputs),
    details: { emits: typeOf(fn.emits) },
    body: bodyOf(inputs, () => createCoProcessOperator(erased)),
  });
}

type Unknown = (value: unknown) => unknown;
type UnknownIterable = (value: unknown) => Iterable<unknown>;

function bodyOf({ keySelectors }: CoInputs, create: OperatorBody["create"]): OperatorBody {
  return { kind: "operator", keySelectors, keyedState: "none", create };
}
