import type { EnumeratorContext, SourceSplit } from "@millrace/contracts";
import type { JobGraph, PhysicalPlan } from "@millrace/plan";
import { expect, it } from "vitest";
import type { Deployment } from "../deployment/deployment.ts";
import { Enumerators } from "./enumerators.ts";

/** The enumerator of one source with two subtasks, and what becomes of what it says. */
function enumeratorOfTwo() {
  const told: string[] = [];
  let context: EnumeratorContext<SourceSplit> | undefined;
  const source = {
    createEnumerator: (given: EnumeratorContext<SourceSplit>) => {
      context = given;
      return {};
    },
  };
  const graph = { plan: { jobName: "job", nodes: [{ id: 0, uid: "numbers" }] }, bodies: [{ kind: "source", source }] } as unknown as JobGraph;
  const physical = { tasks: [{ id: 0, head: 0, parallelism: 2 }] } as unknown as PhysicalPlan;
  const deployment = {
    assignSplits: (_node: number, subtask: number) => told.push(`splits for ${subtask}`),
    noMoreSplits: (_node: number, subtask: number) => told.push(`no more for ${subtask}`),
  } as unknown as Deployment;
  const fail = (error: unknown) => told.push(`failed: ${(error as { readonly code: string }).code} ${(error as Error).message}`);
  new Enumerators({ graph, ports: {} as never }, physical, undefined, deployment, () => undefined, fail);
  return { context: context as EnumeratorContext<SourceSplit>, told };
}

it.each([-1, 2, 0.5, Number.NaN])("splits for a subtask that there is not, %d of two, fail the job", (subtask) => {
  const { context, told } = enumeratorOfTwo();
  context.assign(1, [{ id: "a" }]);
  context.assign(subtask, [{ id: "b" }]);
  context.noMoreSplits(subtask);
  const failed = `failed: SOURCE_SPLIT the enumerator of the source spoke to subtask ${subtask} of 2`;
  expect(told).toEqual(["splits for 1", failed, failed]);
});
