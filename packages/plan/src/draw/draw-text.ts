import { planHash } from "../hash.ts";
import { kindTraits } from "../kinds.ts";
import type { LogicalPlan, PlanNode } from "../logical.ts";
import type { PhysicalPlan } from "../physical.ts";
import { factsOf, headline } from "./facts.ts";
import { drawingOrder, type Lane, Lanes } from "./lanes.ts";

export interface DrawTextOptions {
  /** Adds the tasks that the plan is run as. */
  readonly physical?: PhysicalPlan;
}

/** One line of a drawing: lanes at the left, words at the right. */
interface Row {
  readonly lanes: string;
  readonly text: string;
}

/**
 * A plan for the terminal: a graph that runs down, one node after the other, beside each its uid, kind, states and what
 * else the plan says; on the lines the exchange where it is not a mere hand-over. ○ source, ◇ stateless, ◆ stateful, ● sink.
 */
export function drawText(plan: LogicalPlan, options: DrawTextOptions = {}): string {
  const rows = graphRows(plan);
  const width = Math.max(...rows.map((row) => row.lanes.length)) + 2;
  const lines = rows.map((row) => `${row.lanes.padEnd(width)}${row.text}`.trimEnd());
  const physical = options.physical === undefined ? [] : ["", ...taskLines(options.physical)];
  return `${[...titleLines(plan), "", ...lines, ...physical].join("\n")}\n`;
}

function titleLines(plan: LogicalPlan): readonly string[] {
  const parameters = Object.entries(plan.parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    `${plan.jobName} · ${plan.nodes.length} nodes · plan ${planHash(plan)}`,
    ...(parameters.length === 0 ? [] : [`parameters ${parameters.join(" ")}`]),
  ];
}

function graphRows(plan: LogicalPlan): readonly Row[] {
  const lanes = new Lanes();
  const rows: Row[] = [];
  const uidWidth = Math.min(40, Math.max(...plan.nodes.map((node) => node.uid.length)));
  const order = drawingOrder(plan);
  const rank = new Map(order.map((node, index) => [node.id, index]));
  for (const node of order) {
    const lane = enter(lanes, node, rows);
    rows.push({ lanes: lanes.row(lane, symbolOf(node)), text: `${node.uid.padEnd(uidWidth)}  ${headline(node)}` });
    const outgoing = edgesOut(plan, node, rank);
    lanes.set(lane, outgoing[0]);
    for (const [label, text] of factsOf(plan, node)) rows.push({ lanes: lanes.row(), text: `  ${label.padEnd(12)} ${text}` });
    leave(lanes, lane, outgoing.slice(1), rows);
  }
  return rows;
}

/** Brings the lanes that end at a node together and returns where the node stands. */
function enter(lanes: Lanes, node: PlanNode, rows: Row[]): number {
  const [first, ...others] = lanes.into(node.id);
  if (first === undefined) {
    if (rows.length > 0) rows.push({ lanes: lanes.row(), text: "" });
    return lanes.free();
  }
  if (others.length === 0) {
    rows.push({ lanes: lanes.row(), text: laneLabel(lanes.at(first)) });
  } else {
    rows.push({ lanes: lanes.row(), text: "" });
    for (const other of others) lanes.set(other, undefined);
    rows.push({ lanes: lanes.branch(first, others, { last: "╯", inner: "┴" }), text: "" });
  }
  return first;
}

/** Opens a lane to the right for every further edge of a node. */
function leave(lanes: Lanes, at: number, edges: readonly Lane[], rows: Row[]): void {
  if (edges.length === 0) return;
  const opened: number[] = [];
  for (const edge of edges) {
    const index = lanes.free(Math.max(at, ...opened) + 1);
    opened.push(index);
    lanes.set(index, edge);
  }
  rows.push({ lanes: lanes.branch(at, opened, { last: "╮", inner: "┬" }), text: "" });
}

/** A node's edges; the one that is drawn on last keeps the lane, those that end sooner stand to its right. */
function edgesOut(plan: LogicalPlan, node: PlanNode, rank: ReadonlyMap<number, number>): readonly Lane[] {
  const edges = plan.nodes.flatMap((to) => to.inputs.filter((edge) => edge.from === node.id).map((edge): Lane => ({ ...edge, to: to.id })));
  return edges.sort((a, b) => (rank.get(b.to) ?? 0) - (rank.get(a.to) ?? 0));
}

function laneLabel(lane: Lane | undefined): string {
  if (lane === undefined) return "";
  const side = lane.output === "" ? [] : [`side output ${lane.output}`];
  const exchange = lane.exchange === "forward" ? [] : [lane.exchange];
  const words = [...side, ...exchange].join(" · ");
  return words === "" ? "" : `↓ ${words}`;
}

function symbolOf(node: PlanNode): string {
  if (node.kind === "source") return "○";
  if (node.kind === "sink") return "●";
  return kindTraits[node.kind].stateful ? "◆" : "◇";
}

function taskLines({ tasks, parallelism, maxParallelism }: PhysicalPlan): readonly string[] {
  const width = String(tasks.length - 1).length;
  const lines = tasks.map((task) => {
    const from = [...new Set(task.inputs.map((edge) => `${edge.exchange} from ${edge.fromTask}`))].join(", ");
    return `  ${String(task.id).padStart(width)}  ×${task.parallelism}  ${task.name}${from === "" ? "" : `  (${from})`}`;
  });
  return [`${tasks.length} tasks at parallelism ${parallelism}, ${maxParallelism} key groups`, ...lines];
}
