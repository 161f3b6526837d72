import type { Operator, StateDeclarations } from "@millrace/contracts";
import { checkChoice } from "@millrace/core";
import type { OperatorBody, TimeDomain } from "@millrace/plan";
import type { DataStream } from "./data-stream.ts";
import { tagNames } from "./functions.ts";
import type { StatefulNodeOptions } from "./options.ts";
import { addNode, type Upstream } from "./upstream.ts";

/** What the plan says of an operator of the job's own. */
export interface TransformOptions extends StatefulNodeOptions {
  /** State that it takes from `context.keyed`, so that an edited job is compared by it. */
  readonly states?: StateDeclarations | undefined;
  readonly timers?: readonly TimeDomain[] | undefined;
  readonly sideOutputs?: readonly { readonly name: string }[] | undefined;
}

/** A new operator for each subtask and each attempt. */
export type OperatorFactory<In, Out, In2 = never> = () => Operator<In, Out, In2>;

export function addTransform<Out>(
  inputs: readonly [Upstream] | readonly [Upstream, Upstream],
  keySelectors: OperatorBody["keySelectors"],
  create: OperatorFactory<never, Out>,
  { states, timers, sideOutputs, ...options }: TransformOptions,
): DataStream<Out> {
  for (const time of timers ?? []) checkChoice("a timer of an operator", time, ["event", "processing"]);
  return addNode(inputs, options, {
    kind: "transform",
    states: states ?? {},
    timers: timers ?? [],
    sideOutputs: tagNames(sideOutputs),
    body: { kind: "operator", keySelectors, create: create as OperatorBody["create"] },
  });
}
