import { createReader } from "@millrace/codec";
import type { CheckpointManifest, CheckpointStorage, InFlightSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { assert, MillraceError } from "@millrace/core";
import type { Batch, StreamElement } from "../channel/element.ts";
import { ElementCodec } from "../channel/element-codec.ts";
import type { RestoredElement } from "../task/gate.ts";
import type { ChannelPlace } from "../task/task-checkpoint.ts";

/** The gate that gets restored elements. */
export interface RestoredGate {
  /** Of the head of the chain. */
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly channels: readonly GatePlace[];
}

export interface GatePlace extends ChannelPlace {
  /** Senders of the edge. */
  readonly senders: number;
  /** Whether a record of a hashed edge belongs to this subtask; undefined: its batches may go to any subtask. */
  readonly owns: ((value: unknown) => boolean) | undefined;
}

/**
 * What an unaligned checkpoint overtook on its way to one subtask. At the parallelism it was taken at, everything goes
 * back to its channel. At another, records of hashed edges go where their keys are and batches of other edges are dealt
 * out in turn; watermarks between them are left out, as they told of other channels.
 */
export async function restoredInFlight(
  manifest: CheckpointManifest,
  storage: Pick<CheckpointStorage, "readData">,
  gate: RestoredGate,
): Promise<readonly RestoredElement[]> {
  const olds = manifest.operators.find((operator) => operator.uid === gate.uid)?.subtasks ?? [];
  const codec = new ElementCodec();
  const restored: RestoredElement[] = [];
  for (const old of olds) {
    if (old.inFlight === undefined || !mayHold(old, olds.length, gate)) continue;
    let batches = old.subtask;
    for await (const { place, encoded } of elementsOf(old.inFlight, storage)) {
      const candidates = gate.channels.flatMap((channel, index) => (sameEdge(channel, place) ? [index] : []));
      const first = candidates[0];
      if (first === undefined) throw edgeIsGone(gate.uid, place);
      const { senders, owns } = gate.channels[first] as GatePlace;
      const element = codec.decode(encoded);
      // A sender that had ended says so again.
      if (element.kind === "end") continue;
      const index = candidates.find((candidate) => gate.channels[candidate]?.sender === place.sender) ?? first;
      const oldSenders = manifest.operators.find((operator) => operator.uid === place.from)?.subtasks.length;
      if (olds.length === gate.parallelism && oldSenders === senders) restored.push({ channel: index, element });
      else if (element.kind === "batch") {
        const own = owns === undefined ? whole(element, batches++ % gate.parallelism === gate.subtask) : only(element, owns);
        if (own !== undefined) restored.push({ channel: index, element: own });
      }
    }
  }
  return restored;
}

/** Whether anything in the old subtask can concern this one. */
function mayHold(old: SubtaskSnapshot, olds: number, gate: RestoredGate): boolean {
  return olds !== gate.parallelism || old.subtask === gate.subtask;
}

async function* elementsOf(
  { file, channels }: InFlightSnapshot,
  storage: Pick<CheckpointStorage, "readData">,
): AsyncIterable<{ readonly place: ChannelPlace; readonly encoded: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.readData(file)) chunks.push(chunk);
  const reader = createReader(Buffer.concat(chunks));
  for (const channel of channels) {
    for (let element = 0; element < channel.elements; element++) yield { place: channel, encoded: reader.view(reader.u32()) };
  }
  assert(reader.remaining === 0, `${file.name} holds as many elements as its manifest says`);
}

function sameEdge(a: ChannelPlace, b: ChannelPlace): boolean {
  return a.from === b.from && a.output === b.output && a.input === b.input;
}

function whole(batch: Batch, mine: boolean): StreamElement | undefined {
  return mine ? { ...batch, marks: [] } : undefined;
}

function only(batch: Batch, owns: (value: unknown) => boolean): StreamElement | undefined {
  const kept = batch.values.flatMap((value, index) => (owns(value) ? [index] : []));
  if (kept.length === 0) return undefined;
  return {
    kind: "batch",
    values: kept.map((index) => batch.values[index]),
    timestamps: kept.map((index) => batch.timestamps[index] as number),
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
