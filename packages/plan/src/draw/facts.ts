import { typeText } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { hasWindows } from "../kinds.ts";
import type { LogicalPlan, NodeKind, PlanEdge, PlanNode, PlannedState } from "../logical.ts";
import { nodeAt } from "../nodes.ts";
import { descriptionText, durationText, optionsText, timesText, watermarksText } from "./words.ts";

/** One line about a node: what it is about, and what is so. */
export type Fact = readonly [label: string, text: string];

/** The kinds in plain words. */
export const kindWords: Readonly<Record<NodeKind, string>> = {
  source: "source",
  map: "map",
  filter: "filter",
  flatMap: "flatMap",
  process: "process",
  keyedProcess: "keyed process",
  coMap: "map of two inputs",
  coFlatMap: "flatMap of two inputs",
  coProcess: "keyed process of two inputs",
  broadcastProcess: "broadcast process",
  keyedBroadcastProcess: "keyed broadcast process",
  reduce: "reduce",
  window: "window",
  cep: "pattern",
  temporalJoin: "temporal join",
  windowJoin: "window join",
  coGroup: "coGroup",
  intervalJoin: "interval join",
  async: "async",
  lookupJoin: "lookup join",
  watermarks: "watermarks",
  transform: "operator",
  sink: "sink",
};

/** What stands beside a node's uid: kind, connector or windows, parallelism. */
export function headline(node: PlanNode): string {
  const parts = [kindWords[node.kind], ...headlineDetails(node)];
  if (node.parallelism !== undefined) parts.push(`×${node.parallelism}`);
  if (node.maxParallelism !== undefined) parts.push(`at most ×${node.maxParallelism}`);
  if (node.name !== node.uid) parts.push(`“${node.name}”`);
  return parts.join(" · ");
}

function headlineDetails({ kind, details }: PlanNode): readonly string[] {
  const words = (name: string): readonly string[] => (typeof details[name] === "string" ? [details[name]] : []);
  if (kind === "source") return [...words("connector"), ...words("boundedness")];
  if (kind === "sink") return [...words("connector"), ...words("guarantee")];
  if (kind === "intervalJoin")
    return [`${String(details.join)}, ${durationText(Number(details.lowerMs))} to ${durationText(Number(details.upperMs))}`];
  if (kind === "async" || kind === "lookupJoin") return words("wait");
  if (kind === "temporalJoin") return [`${String(details.join)}, versions valid ${validityText(details.validForMs)}`];
  if (kind === "cep") return [`${String(details.time)} time`];
  if (hasWindows(kind) && details.assigner !== undefined) return [descriptionText(details.assigner)];
  return [];
}

function validityText(validForMs: Json | undefined): string {
  return typeof validForMs === "number" ? `for ${durationText(validForMs)}` : "until the next one";
}

/** Everything else that the plan knows of a node, in a fixed order. Where it has one input, the drawing's line says whence. */
export function factsOf(plan: LogicalPlan, node: PlanNode): readonly Fact[] {
  const { details, kind } = node;
  const facts: Fact[] = [];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== "") facts.push([label, text]);
  };
  if (node.inputs.length > 1) for (const edge of node.inputs) add("from", `${originOf(plan, edge)} · ${edgeWords(node, edge)}`);
  add("chaining", node.chaining === "head" ? "begins a chain" : node.chaining === "never" ? "none: a task by itself" : undefined);
  add("options", details.options === undefined ? undefined : optionsText(details.options));
  add("watermarks", typeof details.watermarks === "string" ? watermarksText(details.watermarks) : undefined);
  if (details.replayable === false) add("replay", "none: what was read is gone after a crash");
  add("key", keyText(details.key));
  if (Array.isArray(details.pattern)) for (const stage of details.pattern) add("pattern", timesText(String(stage)));
  add("join", kind === "lookupJoin" ? String(details.join) : undefined);
  add(
    "in flight",
    typeof details.capacity === "number" ? `at most ${details.capacity}, each for ${durationText(Number(details.timeoutMs))}` : undefined,
  );
  add("retry", details.retry === undefined ? undefined : descriptionText(details.retry));
  add("cache", details.cache === undefined ? undefined : descriptionText(details.cache));
  add("after match", typeof details.afterMatch === "string" ? details.afterMatch : undefined);
  add("trigger", triggerText(details));
  add("evictor", details.evictor === undefined ? undefined : descriptionText(details.evictor));
  add("lateness", latenessText(details.allowedLatenessMs));
  for (const state of node.states) add("state", stateText(state));
  for (const state of node.broadcastStates ?? []) add("broadcast state", stateText(state));
  if (node.timers.length > 0) add("timers", `${node.timers.join(" and ")} time`);
  if (node.sideOutputs.length > 0) add("side outputs", node.sideOutputs.join(", "));
  return facts;
}

/** `count: value of integer, ttl 1 h`. */
export function stateText({ name, kind, type, keyType, ttlMs }: PlannedState): string {
  const of = keyType === undefined ? typeText(type) : `${typeText(keyType)} to ${typeText(type)}`;
  return `${name}: ${kind} of ${of}${ttlMs === undefined ? "" : `, ttl ${durationText(ttlMs)}`}`;
}

/** The output that an edge takes from: `join`, or `join:late` for a side output. */
function originOf(plan: LogicalPlan, { from, output }: PlanEdge): string {
  const { uid } = nodeAt(plan, from);
  return output === "" ? uid : `${uid}:${output}`;
}

function edgeWords(node: PlanNode, { exchange, input }: PlanEdge): string {
  if (node.inputs.every((edge) => edge.input === 0)) return exchange;
  return `${exchange} · ${input === 0 ? "first" : "second"} input`;
}

function keyText(key: Json | undefined): string | undefined {
  if (key === undefined) return undefined;
  return key === "none" ? "none: one subtask sees every record" : typeText(key);
}

/** Nothing for the trigger that windows of this kind have anyway. */
function triggerText({ assigner, trigger }: PlanNode["details"]): string | undefined {
  if (trigger === undefined) return undefined;
  const text = descriptionText(trigger);
  const time = typeof assigner === "object" && assigner !== null && "time" in assigner ? assigner.time : undefined;
  return text === `${String(time)}Time` ? undefined : text;
}

function latenessText(lateness: Json | undefined): string | undefined {
  if (typeof lateness === "number") return lateness === 0 ? undefined : `${durationText(lateness)} allowed`;
  return lateness === "forever" ? "allowed for ever" : undefined;
}
