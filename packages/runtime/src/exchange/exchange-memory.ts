import { assert, limits } from "@millrace/core";
import type { PhysicalEdge, PhysicalPlan, PhysicalTask } from "@millrace/plan";
import { stateRoomMemory } from "../task/state-room.ts";
import { type CreditBounds, creditsMemory } from "./credits.ts";
import { doorbellMemory } from "./doorbell.ts";
import { ringMemory } from "./ring.ts";

/** The memory that the threads of one deployment share; plain data that goes to each of them. */
export interface ExchangeMemory {
  readonly threads: number;
  /** Of the ring from thread `a` to thread `b` at `a * threads + b`; undefined where both are the same. */
  readonly rings: readonly (SharedArrayBuffer | undefined)[];
  /** Of each thread. */
  readonly doorbells: readonly SharedArrayBuffer[];
  readonly credits: SharedArrayBuffer;
  /** What may wait in one channel. */
  readonly bounds: CreditBounds;
  /** Of the StateRoom. */
  readonly stateRoom: SharedArrayBuffer;
}

export interface ExchangeSizes {
  readonly bounds: CreditBounds;
  /** Of one ring; a power of two. */
  readonly ringBytes: number;
}

const RING_BYTES_MAX = 1 << 20;
const RING_BYTES_MIN = 1 << 16;
/** All rings together take no more, as long as none is shorter than the least. */
const RINGS_BYTES_MAX = 64 << 20;

export function createExchangeMemory(physical: PhysicalPlan, threads: number, sizes: Partial<ExchangeSizes> = {}): ExchangeMemory {
  const {
    bounds = { records: limits.remoteChannelBatchesMax * limits.batchRecordsMax, bytes: limits.channelBytesMax },
    ringBytes = ringBytesFor(threads),
  } = sizes;
  const rings = Array.from({ length: threads * threads }, (_, pair) =>
    Math.floor(pair / threads) === pair % threads ? undefined : ringMemory(ringBytes),
  );
  const doorbells = Array.from({ length: threads }, doorbellMemory);
  return { threads, rings, doorbells, credits: creditsMemory(channelCount(physical)), bounds, stateRoom: stateRoomMemory() };
}

function ringBytesFor(threads: number): number {
  let bytes = RING_BYTES_MAX;
  while (bytes > RING_BYTES_MIN && bytes * threads * (threads - 1) > RINGS_BYTES_MAX) bytes /= 2;
  return bytes;
}

/** The thread of subtask `subtask` of every task: the same for all of them, so that forward edges never cross. */
export function threadOf(subtask: number, threads: number): number {
  return subtask % threads;
}

/** Channels have numbers, the same in every thread: edge by edge, for each sender its receivers. */
export function channelNumber(physical: PhysicalPlan, edge: PhysicalEdge, from: number, to: number): number {
  let first = 0;
  for (const other of allEdges(physical)) {
    if (other.id === edge.id) return first + from * receivers(physical, other) + to;
    first += channelsOf(physical, other);
  }
  assert(false, `edge ${edge.id} is in the plan`);
}

function channelCount(physical: PhysicalPlan): number {
  return allEdges(physical).reduce((sum, edge) => sum + channelsOf(physical, edge), 0);
}

function allEdges(physical: PhysicalPlan): readonly PhysicalEdge[] {
  return physical.tasks.flatMap((task) => task.outputs);
}

function channelsOf(physical: PhysicalPlan, edge: PhysicalEdge): number {
  return (physical.tasks[edge.fromTask] as PhysicalTask).parallelism * receivers(physical, edge);
}

function receivers(physical: PhysicalPlan, edge: PhysicalEdge): number {
  return (physical.tasks[edge.toTask] as PhysicalTask).parallelism;
}
