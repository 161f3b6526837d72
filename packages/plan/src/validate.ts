import { assert, limits, MillraceError } from "@millrace/core";
import type { CallSite, JobGraph } from "./graph.ts";
import { kindTraits } from "./kinds.ts";
import type { LogicalPlan, PlanNode, PlannedState } from "./logical.ts";
import { nodeAt } from "./nodes.ts";
import { isGivenUid, uidRule } from "./uids.ts";

const TIMERS_PREFIX = "timers ";

/** The user's lines by node id, as in JobGraph. */
export type CallSites = readonly (CallSite | undefined)[];

/**
 * Refuses a plan that can't run, or whose state could not be found again, naming node and call site. Codes: PLAN_EMPTY,
 * PLAN_UID, PLAN_UID_DUPLICATE, PLAN_STATE_NAME, PLAN_STATE_DUPLICATE, PLAN_SIDE_OUTPUT, PLAN_PARALLELISM.
 */
export function validatePlan(plan: LogicalPlan, callSites: CallSites = []): void {
  checkShape(plan);
  checkUids(plan, callSites);
  for (const node of plan.nodes) {
    checkStateNames(plan, node, callSites);
    checkStates(plan, node, callSites);
    // Keyed and broadcast states are restored apart from each other.
    for (const states of [node.states, node.broadcastStates ?? []]) checkStateAliases(plan, node, states);
    checkSideOutputs(plan, node, callSites);
    checkNodeParallelism(plan, node, callSites);
  }
  checkEnds(plan);
}

/** As validatePlan, and each hashed edge has the selector of its key (PLAN_KEY). */
export function validateGraph(graph: JobGraph): void {
  const { plan, bodies, callSites = [] } = graph;
  assert(bodies.length === plan.nodes.length, "every node has a body");
  validatePlan(plan, callSites);
  for (const node of plan.nodes) {
    const body = bodies[node.id];
    for (const { exchange, input } of node.inputs) {
      if (exchange !== "hash" || (body?.kind === "operator" && body.keySelectors[input] !== undefined)) continue;
      throw new MillraceError("PLAN_KEY", `${describeNode(plan, node, callSites)} takes records by key but has no key selector for input ${input}`, {
        hint: "call keyBy on the stream before it",
        where: { job: plan.jobName, uid: node.uid },
      });
    }
  }
}

/** E.g. `a window after "flights" (job.ts:14:6)`. */
function describeNode(plan: LogicalPlan, node: PlanNode, callSites: CallSites): string {
  const upstream = [...new Set(node.inputs.map((edge) => `"${nodeAt(plan, edge.from).uid}"`))].join(" and ");
  const site = callSites[node.id]?.();
  return `${kindTraits[node.kind].noun}${upstream === "" ? "" : ` after ${upstream}`}${site === undefined ? "" : ` (${site})`}`;
}

function checkShape(plan: LogicalPlan): void {
  assert(plan.formatVersion === 1, "the plan's format is version 1");
  for (const [index, node] of plan.nodes.entries()) {
    assert(node.id === index, "a node's id is its index");
    for (const edge of node.inputs) assert(edge.from >= 0 && edge.from < index, "an edge comes from an earlier node");
    assert((node.kind === "source") === (node.inputs.length === 0), "sources alone have no inputs");
  }
}

function checkEnds(plan: LogicalPlan): void {
  for (const [kind, call] of [
    ["source", "env.from(…)"],
    ["sink", ".to(…)"],
  ] as const) {
    if (plan.nodes.some((node) => node.kind === kind)) continue;
    throw new MillraceError("PLAN_EMPTY", `the job "${plan.jobName}" has no ${kind}`, {
      hint: `a job reads from at least one source and writes to at least one sink: add one with ${call}`,
      where: { job: plan.jobName },
    });
  }
}

function checkUids(plan: LogicalPlan, callSites: CallSites): void {
  const owners = new Map<string, PlanNode>();
  for (const node of plan.nodes) {
    const stateful = kindTraits[node.kind].stateful;
    if (stateful && node.uidDerived) {
      throw new MillraceError("PLAN_UID", `${describeNode(plan, node, callSites)} has no uid`, {
        hint: 'give it a name that stays, e.g. { uid: "average-delay" }: its state is found again by it',
        where: { job: plan.jobName },
      });
    }
    if (!node.uidDerived && !isGivenUid(node.uid)) {
      throw new MillraceError("PLAN_UID", `${describeNode(plan, node, callSites)} has the uid ${JSON.stringify(node.uid)}, which can't be used`, {
        hint: `a uid is made of ${uidRule}`,
        where: { job: plan.jobName },
      });
    }
    const owner = owners.get(node.uid);
    if (owner !== undefined) {
      const both = `${describeNode(plan, owner, callSites)} and ${describeNode(plan, node, callSites)}`;
      throw new MillraceError("PLAN_UID_DUPLICATE", `two nodes have the uid "${node.uid}": ${both}`, {
        hint: "state is found again by its uid: give each node its own",
        where: { job: plan.jobName, uid: node.uid },
      });
    }
    owners.set(node.uid, node);
  }
  checkUidAliases(plan, owners, callSites);
}

/** An alias leads to one node, and never to one that is there under its own uid. */
function checkUidAliases(plan: LogicalPlan, owners: Map<string, PlanNode>, callSites: CallSites): void {
  for (const node of plan.nodes) {
    for (const alias of node.uidAliases ?? []) {
      const where = { job: plan.jobName, uid: node.uid };
      if (!isGivenUid(alias)) {
        throw new MillraceError(
          "PLAN_UID",
          `${describeNode(plan, node, callSites)} has the uid alias ${JSON.stringify(alias)}, which no node can have had`,
          {
            hint: `a uid is made of ${uidRule}`,
            where,
          },
        );
      }
      const owner = owners.get(alias);
      if (owner !== undefined) {
        throw new MillraceError("PLAN_UID_DUPLICATE", `"${alias}" is an alias of "${node.uid}" and leads to "${owner.uid}", too`, {
          hint: "an alias is a uid that the node had in an older version of the job; give it to one node only",
          where,
        });
      }
      owners.set(alias, node);
    }
  }
}

/** Timers stand under such names beside keyed states in the headers of snapshots. */
function checkStateNames(plan: LogicalPlan, node: PlanNode, callSites: CallSites): void {
  const taken = node.states.find((state) => state.name.startsWith(TIMERS_PREFIX));
  if (taken === undefined) return;
  throw new MillraceError("PLAN_STATE_NAME", `${describeNode(plan, node, callSites)} declares the state "${taken.name}", a name as timers have it`, {
    hint: `give the state a name that does not begin with "${TIMERS_PREFIX}"`,
    where: { job: plan.jobName, uid: node.uid },
  });
}

function checkStates(plan: LogicalPlan, node: PlanNode, callSites: CallSites): void {
  const byName = new Map<string, PlannedState>();
  for (const state of [...node.states, ...(node.broadcastStates ?? [])]) {
    const first = byName.get(state.name);
    byName.set(state.name, state);
    if (first === undefined) continue;
    const same = first.kind === state.kind && first.fingerprint === state.fingerprint;
    throw new MillraceError(
      "PLAN_STATE_DUPLICATE",
      `${describeNode(plan, node, callSites)} declares the state "${state.name}" twice${same ? "" : ", with different types"}`,
      { hint: "give each state its own name", where: { job: plan.jobName, uid: node.uid } },
    );
  }
}

function checkStateAliases(plan: LogicalPlan, node: PlanNode, states: readonly PlannedState[]): void {
  const owners = new Map(states.map((state) => [state.name, state]));
  for (const state of states) {
    for (const alias of state.aliases ?? []) {
      const owner = owners.get(alias);
      if (owner !== undefined) {
        throw new MillraceError(
          "PLAN_STATE_DUPLICATE",
          `"${alias}" is an alias of the state "${state.name}" of "${node.uid}" and leads to "${owner.name}", too`,
          {
            hint: "an alias is a name that the state had in an older version of the job; give it to one state only",
            where: { job: plan.jobName, uid: node.uid },
          },
        );
      }
      owners.set(alias, state);
    }
  }
}

function checkSideOutputs(plan: LogicalPlan, node: PlanNode, callSites: CallSites): void {
  for (const { from, output } of node.inputs) {
    const upstream = nodeAt(plan, from);
    if (output === "" || upstream.sideOutputs.includes(output)) continue;
    const declared = upstream.sideOutputs.length === 0 ? "declares none" : `declares ${upstream.sideOutputs.map((name) => `"${name}"`).join(", ")}`;
    throw new MillraceError(
      "PLAN_SIDE_OUTPUT",
      `${describeNode(plan, node, callSites)} reads the side output "${output}" of "${upstream.uid}", which ${declared}`,
      { hint: "add the tag to the function's sideOutputs, or to lateTo of a window", where: { job: plan.jobName, uid: upstream.uid } },
    );
  }
}

function checkNodeParallelism(plan: LogicalPlan, node: PlanNode, callSites: CallSites): void {
  const { parallelism, maxParallelism } = node;
  const isCount = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max;
  const refused = (message: string): MillraceError =>
    new MillraceError("PLAN_PARALLELISM", `${describeNode(plan, node, callSites)} has ${message}`, { where: { job: plan.jobName, uid: node.uid } });
  if (parallelism !== undefined && !isCount(parallelism, Number.POSITIVE_INFINITY)) {
    throw refused(`parallelism ${parallelism}; it is a whole number from 1`);
  }
  if (maxParallelism !== undefined && !isCount(maxParallelism, limits.maxParallelismMax)) {
    throw refused(`max parallelism ${maxParallelism}; it is a whole number from 1 to ${limits.maxParallelismMax}`);
  }
}
