import type { LogicalPlan, NodeKind, PlanEdge } from "../logical.ts";
import { kindWords } from "./facts.ts";

/** Brackets of Mermaid's shapes. */
const shapes: Readonly<Record<NodeKind, readonly [open: string, close: string]>> = {
  source: ["([", "])"],
  map: ["[", "]"],
  filter: ["[", "]"],
  flatMap: ["[", "]"],
  process: ["[", "]"],
  keyedProcess: ["[[", "]]"],
  coMap: ["[", "]"],
  coFlatMap: ["[", "]"],
  coProcess: ["[[", "]]"],
  broadcastProcess: ["[[", "]]"],
  keyedBroadcastProcess: ["[[", "]]"],
  reduce: ["[[", "]]"],
  window: ["[[", "]]"],
  temporalJoin: ["[[", "]]"],
  windowJoin: ["[[", "]]"],
  coGroup: ["[[", "]]"],
  intervalJoin: ["[[", "]]"],
  cep: ["[[", "]]"],
  async: ["[[", "]]"],
  lookupJoin: ["[[", "]]"],
  watermarks: ["[[", "]]"],
  transform: ["[[", "]]"],
  sink: ["[(", ")]"],
};

/** A plan as a Mermaid flowchart: exchanges on the arrows, side outputs dotted. */
export function drawMermaid(plan: LogicalPlan): string {
  const lines = ["flowchart TD"];
  for (const node of plan.nodes) {
    const [open, close] = shapes[node.kind];
    const parallelism = node.parallelism === undefined ? "" : ` ×${node.parallelism}`;
    lines.push(`  n${node.id}${open}"${escaped(node.name)}<br/>${kindWords[node.kind]}${parallelism}"${close}`);
  }
  for (const node of plan.nodes) for (const edge of node.inputs) lines.push(`  n${edge.from} ${arrow(edge)} n${node.id}`);
  return `${lines.join("\n")}\n`;
}

function arrow({ output, exchange }: PlanEdge): string {
  const words = [...(output === "" ? [] : [escaped(output)]), ...(exchange === "forward" ? [] : [exchange])].join(" · ");
  const line = output === "" ? "-->" : "-.->";
  return words === "" ? line : `${line}|"${words}"|`;
}

/** Mermaid takes HTML entities in quoted text. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
