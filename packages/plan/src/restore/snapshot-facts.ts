import type { CheckpointManifest, OperatorSnapshot } from "@millrace/contracts";
import type { LogicalPlan } from "../logical.ts";
import type { HeldParts, SnapshotFacts } from "./restore-plan.ts";

/** What a manifest says of its snapshot. `keyKinds`: by uid, from the headers of data files, where they are known. */
export function snapshotFactsOf(manifest: CheckpointManifest, keyKinds: ReadonlyMap<string, string> = new Map()): SnapshotFacts {
  return {
    plan: manifest.plan as unknown as LogicalPlan,
    maxParallelism: manifest.maxParallelism,
    held: new Map(manifest.operators.map((operator) => [operator.uid, heldPartsOf(operator, keyKinds.get(operator.uid))])),
  };
}

function heldPartsOf({ enumerator, subtasks, keyed: parts }: OperatorSnapshot, keyKind: string | undefined): HeldParts {
  const some = (of: (subtask: OperatorSnapshot["subtasks"][number]) => readonly unknown[] | undefined): boolean =>
    subtasks.some((subtask) => (of(subtask)?.length ?? 0) > 0);
  return {
    keyed: some(({ keyed }) => keyed?.files) || (parts ?? []).some(({ files }) => files.length > 0),
    keyKind,
    positions: enumerator !== undefined || some(({ splits }) => splits),
    output: some(({ committables }) => committables) || some(({ writerStates }) => writerStates),
    operatorState: some(({ operatorState }) => operatorState),
    inFlight: subtasks.some(({ inFlight }) => inFlight !== undefined),
  };
}
