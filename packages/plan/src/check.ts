import type { Json } from "@millrace/core";
import { hasWindows } from "./kinds.ts";
import type { LogicalPlan, PlanNode, PlannedState } from "./logical.ts";

/** Something that runs, but that a user should have decided. */
export interface PlanWarning {
  /** Stable, e.g. CHECK_STATE_UNBOUNDED. */
  readonly code: string;
  readonly uid: string;
  readonly message: string;
  /** What to do, in one sentence. */
  readonly hint: string;
}

/** What `millrace check` says about a plan, node by node. */
export function checkPlan(plan: LogicalPlan): readonly PlanWarning[] {
  const consumed = new Set(plan.nodes.flatMap((node) => node.inputs.map((edge) => edge.from)));
  const watermarked = withWatermarks(plan);
  return plan.nodes.flatMap((node) => [
    ...unboundedStates(node),
    ...untypedStates(node),
    ...connectorWarnings(node),
    ...windowWarnings(node, watermarked),
    ...timeWarnings(node, watermarked),
    ...(node.kind === "sink" || consumed.has(node.id) ? [] : [unused(node)]),
  ]);
}

/** Law S5: state that grows with the number of keys for ever. */
function unboundedStates(node: PlanNode): readonly PlanWarning[] {
  return node.states
    .filter((state) => state.ttlMs === undefined && !endsWithWindow(node, state))
    .map((state) => ({
      code: "CHECK_STATE_UNBOUNDED",
      uid: node.uid,
      message: `the state "${state.name}" of "${node.uid}" has no TTL: it grows with every new key`,
      hint: "declare a TTL, e.g. state.value(codec, { ttlMs: days(30) }); or leave it so if the keys are few",
    }));
}

/** State of a pattern goes when its time is over, unless it has none. State of a window goes with it; `global.…` belongs to the key, and the global window never ends. */
function endsWithWindow(node: PlanNode, state: PlannedState): boolean {
  if (node.kind === "intervalJoin") return true;
  if (node.kind === "temporalJoin") return state.name === "left" || node.details.unbounded !== true;
  if (node.kind === "cep") return node.details.unbounded !== true;
  return hasWindows(node.kind) && !state.name.startsWith("global.") && fieldOf(node.details.assigner, "type") !== "global";
}

/** Law P4. */
function untypedStates(node: PlanNode): readonly PlanWarning[] {
  return [...node.states, ...(node.broadcastStates ?? [])]
    .filter((state) => containsAny(state.type) || containsAny(state.keyType ?? null))
    .map((state) => ({
      code: "CHECK_STATE_ANY",
      uid: node.uid,
      message: `the state "${state.name}" of "${node.uid}" is written with t.any(): what it holds can't be checked before a restore`,
      hint: "name its type, e.g. t.object({ … })",
    }));
}

function connectorWarnings(node: PlanNode): readonly PlanWarning[] {
  const { uid, kind, details } = node;
  if (kind === "source" && details.replayable === false) {
    return [
      {
        code: "CHECK_SOURCE_NOT_REPLAYABLE",
        uid,
        message: `the source "${uid}" can't be read again: records read since the last checkpoint are lost after a crash`,
        hint: "use a source that keeps its records (files, Kafka) where that matters",
      },
    ];
  }
  if (kind !== "sink" || details.guarantee === "exactly-once") return [];
  const doubled = details.guarantee === "at-least-once";
  return [
    {
      code: "CHECK_SINK_GUARANTEE",
      uid,
      message: `the sink "${uid}" ${doubled ? "is at-least-once: records may come twice after a crash" : "guarantees nothing: records may be lost or come twice after a crash"}`,
      hint: doubled ? "make its writes idempotent, or use an exactly-once sink" : "use it for looking at results only",
    },
  ];
}

function windowWarnings(node: PlanNode, watermarked: ReadonlySet<number>): readonly PlanWarning[] {
  if (!hasWindows(node.kind)) return [];
  const { uid, details } = node;
  const warnings: PlanWarning[] = [];
  if (fieldOf(details.assigner, "time") === "event" && !watermarked.has(node.id)) {
    warnings.push({
      code: "CHECK_WINDOW_WATERMARKS",
      uid,
      message: `the event-time window "${uid}" gets no watermarks from at least one source: it fires only when all input has ended`,
      hint: "give the source watermarks: boundedOutOfOrderness(…), or call assignTimestampsAndWatermarks before the window",
    });
  }
  if (fieldOf(details.trigger, "type") === "never") {
    warnings.push({
      code: "CHECK_WINDOW_NEVER_FIRES",
      uid,
      message: `the window "${uid}" has no trigger that ever fires`,
      hint: "name one with .trigger(…), or use countWindow",
    });
  }
  if (details.allowedLatenessMs === "forever") {
    warnings.push({
      code: "CHECK_WINDOW_FOREVER",
      uid,
      message: `the window "${uid}" allows lateness for ever: no window's state is ever removed`,
      hint: "allow a long but finite lateness, e.g. days(365)",
    });
  }
  return warnings;
}

/** Of what goes by event time without having windows. */
function timeWarnings({ id, uid, kind, details }: PlanNode, watermarked: ReadonlySet<number>): readonly PlanWarning[] {
  const waits = kind === "intervalJoin" || kind === "temporalJoin" || (kind === "cep" && details.time === "event");
  if (!waits || watermarked.has(id)) return [];
  return [
    {
      code: "CHECK_WATERMARKS",
      uid,
      message: `"${uid}" goes by event time and gets no watermarks from at least one source: its state grows until all input has ended`,
      hint: `give the source watermarks: boundedOutOfOrderness(…), or call assignTimestampsAndWatermarks before it${kind === "cep" ? ", or look for the pattern inProcessingTime()" : ""}`,
    },
  ];
}

/** Ids of the nodes that watermarks reach on every way from a source. */
function withWatermarks(plan: LogicalPlan): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const node of plan.nodes) {
    const { watermarks } = node.details;
    const makes = typeof watermarks === "string" && !watermarks.startsWith("noWatermarks");
    const owns = node.kind === "source" || node.kind === "watermarks";
    if (owns ? makes : node.inputs.every((edge) => reached.has(edge.from))) reached.add(node.id);
  }
  return reached;
}

function unused(node: PlanNode): PlanWarning {
  return {
    code: "CHECK_OUTPUT_UNUSED",
    uid: node.uid,
    message: `nobody takes what the ${node.kind} "${node.uid}" emits`,
    hint: "write it to a sink, or leave the node out",
  };
}

function containsAny(type: Json): boolean {
  if (type === null || typeof type !== "object") return false;
  return fieldOf(type, "kind") === "any" || Object.values(type).some(containsAny);
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  return (value as { readonly [name: string]: Json })[name];
}
