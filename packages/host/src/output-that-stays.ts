import type { CheckpointManifest, SinkContext } from "@millrace/contracts";
import type { JobGraph } from "@millrace/plan";

const named = 3;

/**
 * What sinks have published after the snapshot that a run starts from, a sentence for each sink (law C6): it stays, and its
 * records come again.
 */
export async function outputThatStays(
  graph: JobGraph,
  { operators }: CheckpointManifest,
  contextOf: (uid: string) => SinkContext,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { id, uid } of graph.plan.nodes) {
    const body = graph.bodies[id];
    if (body?.kind !== "sink" || body.sink.publishedSince === undefined) continue;
    const states = operators.find((operator) => operator.uid === uid)?.subtasks.flatMap((subtask) => subtask.writerStates ?? []) ?? [];
    const names = await body.sink.publishedSince(contextOf(uid), states);
    if (names.length === 0) continue;
    const more = names.length > named ? ` and ${names.length - named} more` : "";
    notes.push(`the sink ${uid} published after the snapshot, and this stays: ${names.slice(0, named).join(", ")}${more}; its records come again`);
  }
  return notes;
}
