import { createReader } from "@millrace/codec";
import type { ChannelPlace, CheckpointManifest, CheckpointStorage, InFlightSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { assert, MillraceError, watermarkFromJson } from "@millrace/core";
import type { Batch, StreamElement } from "../channel/element.ts";
import { ElementCodec } from "../channel/element-codec.ts";
import type { OvertakenElements } from "../task/replay.ts";

/** The gate that gets restored elements. */
export interface RestoredGate {
  /** Of the head of the chain. */
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly edges: readonly RestoredEdge[];
}

export type RestoredEdge = Omit<ChannelPlace, "sender"> & {
  /** Whether a record of a hashed edge belongs to this subtask; undefined: its batches may go to any subtask. */
  readonly owns: ((value: unknown) => boolean) | undefined;
};

/**
 * What an unaligned checkpoint overtook on its way to one subtask. At the parallelism it was taken at, a subtask gets all of
 * its own. At another, it gets the channels of all subtasks: of hashed edges the records whose keys are its own, of others
 * every so many batches; and all watermarks between them, so that time goes on as it did. Batches are cut at the watermarks.
 */
export async function restoredInFlight(
  manifest: CheckpointManifest,
  storage: Pick<CheckpointStorage, "readData">,
  gate: RestoredGate,
): Promise<readonly OvertakenElements[]> {
  const olds = manifest.operators.find((operator) => operator.uid === gate.uid)?.subtasks ?? [];
  const restored: OvertakenElements[] = [];
  for (const old of olds) {
    if (old.inFlight !== undefined && (olds.length !== gate.parallelism || old.subtask === gate.subtask)) {
      restored.push(...(await restoredOf(old, old.inFlight, storage, gate, olds.length)));
    }
  }
  return restored;
}

/**
 * The age of what is sent to a node after this restore. All its subtasks must say the same, also those that get none of what
 * was overtaken, as at another parallelism theirs comes together.
 */
export function ageAfter(manifest: CheckpointManifest, uid: string): number {
  const olds = manifest.operators.find((operator) => operator.uid === uid)?.subtasks ?? [];
  return Math.max(-1, ...olds.flatMap(({ inFlight }) => (inFlight?.channels ?? []).map(({ age }) => age))) + 1;
}

async function restoredOf(
  old: SubtaskSnapshot,
  { file, channels }: InFlightSnapshot,
  storage: Pick<CheckpointStorage, "readData">,
  gate: RestoredGate,
  oldParallelism: number,
): Promise<readonly OvertakenElements[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.readData(file)) chunks.push(chunk);
  const reader = createReader(Buffer.concat(chunks));
  const codec = new ElementCodec();
  let batches = old.subtask;
  const restored = channels.map(({ watermark, idle, age, elements: count, ...place }) => {
    const edge = gate.edges.find((candidate) => sameEdge(candidate, place));
    if (edge === undefined && count > 0) throw edgeIsGone(gate.uid, place);
    const { owns } = edge ?? {};
    const mine = (batch: Batch): Batch => {
      if (oldParallelism === gate.parallelism) return batch;
      if (owns !== undefined) return only(batch, owns);
      return batches++ % gate.parallelism === gate.subtask ? batch : only(batch, () => false);
    };
    const elements: StreamElement[] = [];
    for (let element = 0; element < count; element++) {
      const decoded = codec.decode(reader.view(reader.u32()));
      elements.push(...(decoded.kind === "batch" ? cut(decoded).map((piece) => (piece.kind === "batch" ? mine(piece) : piece)) : [decoded]));
    }
    const kept = elements.filter((element) => element.kind !== "batch" || element.values.length > 0);
    return { place, time: { watermark: watermarkFromJson(watermark), idle }, age, elements: kept };
  });
  assert(reader.remaining === 0, `${file.name} holds as many elements as its manifest says`);
  return restored;
}

function sameEdge(a: Omit<ChannelPlace, "sender">, b: Omit<ChannelPlace, "sender">): boolean {
  return a.from === b.from && a.output === b.output && a.input === b.input;
}

/** The records between the marks of a batch, and the marks. */
function cut({ values, timestamps, marks }: Batch): readonly StreamElement[] {
  const pieces: StreamElement[] = [];
  let from = 0;
  const records = (to: number): Batch => ({ kind: "batch", values: values.slice(from, to), timestamps: timestamps.slice(from, to), marks: [] });
  for (const { at, element } of marks) {
    pieces.push(records(at), element);
    from = at;
  }
  pieces.push(records(values.length));
  return pieces;
}

function only({ values, timestamps }: Batch, owns: (value: unknown) => boolean): Batch {
  const kept = values.flatMap((value, index) => (owns(value) ? [index] : []));
  return {
    kind: "batch",
    values: kept.map((index) => values[index]),
    timestamps: kept.map((index) => timestamps[index] as number),
    marks: [],
  };
}

function edgeIsGone(uid: string, { from, output }: ChannelPlace): MillraceError {
  return new MillraceError(
    "RESTORE_REFUSED",
    `the checkpoint holds records on their way from ${from}${output === "" ? "" : ` (${output})`} to ${uid}`,
    {
      where: { uid },
      hint: "the job no longer connects the two: run the job as it was until its next aligned checkpoint or a savepoint, or take an earlier checkpoint",
    },
  );
}
