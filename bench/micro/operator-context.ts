import { type KeyedStateBackend, type Mailbox, newOperatorMetrics, type OperatorContext } from "@millrace/contracts";
import { createHeapBackend } from "@millrace/state";
import { sink } from "./sink.ts";

const MAX_PARALLELISM = 720;

/** What a bench knows of an operator that it feeds. */
export interface Fed {
  watermark: number;
  held: boolean;
}

/** State of one subtask that holds all key groups, with a clock that stands still. */
export function heapBackend(uid: string): KeyedStateBackend {
  return createHeapBackend({
    uid,
    subtask: 0,
    keyGroups: { start: 0, end: MAX_PARALLELISM - 1 },
    maxParallelism: MAX_PARALLELISM,
    now: () => 0,
    monotonic: () => 0,
  });
}

/** A checkpoint as a job takes one every few seconds; state lets go of what has gone since the one before. */
export async function checkpoint(backend: KeyedStateBackend, checkpointId: number): Promise<void> {
  backend.freeze(checkpointId, false);
  while (!backend.encodeSlice(1));
  backend.takeDelta();
  await backend.complete(checkpointId);
}

/** A context for an operator alone, which emits into `collect`. */
export function contextOf(
  keyed: KeyedStateBackend,
  fed: Fed,
  { collect = sink, mailbox = noMail }: { readonly collect?: (result: unknown) => void; readonly mailbox?: Mailbox } = {},
): OperatorContext<unknown> {
  return {
    uid: "bench",
    subtask: 0,
    parallelism: 1,
    output: { collect, side: sink, watermark() {}, status() {} },
    now: () => 0,
    activeNow: () => 0,
    currentWatermark: () => fed.watermark,
    wakeAt() {},
    shouldYield: () => false,
    position: () => undefined,
    mailbox,
    hold() {
      fed.held = true;
    },
    release() {
      fed.held = false;
    },
    keyed,
    metrics: newOperatorMetrics(),
  };
}

const noMail: Mailbox = { post() {}, after: () => () => undefined };
