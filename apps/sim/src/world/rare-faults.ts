import { burstTimers } from "../jobs/burst-timers.ts";
import { crowd } from "../jobs/crowd.ts";
import type { RandomJob } from "../jobs/random-job.ts";
import { drawOvertaking } from "../options.ts";
import { apart } from "./apart.ts";
import { calm, drawRequest, type Incarnation, type Request } from "./faults.ts";

/** Of operations that write a savepoint, so that a job that ends with one could do much beside that. */
const SAVEPOINT_DELAY_MS = 200;

/** Of an operation on the disk, where sources take turns. */
const TURNS_DELAY_MS = 8;

/**
 * Moments that chance alone hardly ever meets: in some seeds one process can't publish for once, while it may go on with everything else; in some,
 * and where firings are long, each dies right after a checkpoint that cut a firing; in some, after one that overtook records. Drawn apart from all else.
 */
export function withRareFaults(drawn: Incarnation, job: RandomJob, seed: number, pid: number): Incarnation {
  const incarnation = job.turnsOf === undefined ? drawn : withQuickDisk(drawn);
  const overtaking = overtakingLife(incarnation, job, seed, pid);
  if (overtaking !== undefined) return overtaking;
  const chance = apart(seed, "rareFaults");
  const diesWithCutFiring = chance.oneIn(2) || job.branches.includes(burstTimers);
  const failing = chance.oneIn(3) && pid === chance.between(1, 3) ? { failingPublication: chance.scale(40) } : {};
  const diesWithRecordsUnderWay = chance.oneIn(2);
  const rare: Incarnation = { ...incarnation, disk: { ...incarnation.disk, ...failing, diesWithCutFiring, diesWithRecordsUnderWay } };
  const stop = drawStop(seed, pid);
  if (stop === undefined) {
    const more = [withRescale, withHold, withDamage, withLostLock].reduce((drawn, draw) => draw(drawn, seed, pid), rare);
    return withMeeting(withDrain(more, job, seed, pid), job, seed, pid);
  }
  const slow = { savepointDelayMsMax: Math.max(rare.disk.delayMsMax, SAVEPOINT_DELAY_MS) };
  const behindStop = chance.oneIn(2) ? { failingPublicationBehindStop: chance.between(1, 6) } : {};
  const savepoint = apart(seed, "failingSavepoint", pid);
  const unwritten = savepoint.oneIn(2) ? { failingSavepoint: savepoint.scale(12) } : {};
  return {
    ...rare,
    death: undefined,
    orders: [stop, ...drawImpatience(stop.turn, seed, pid)],
    disk: { ...rare.disk, ...slow, ...behindStop, ...unwritten },
  };
}

/**
 * In half of the seeds with full channels the first processes die of nothing but a checkpoint that overtook records. In most of them each has another
 * number of subtasks, so that what is under way is dealt out anew, again and again. Drawn apart from all else.
 */
function overtakingLife({ disk }: Incarnation, job: RandomJob, seed: number, pid: number): Incarnation | undefined {
  if (!job.branches.includes(crowd) || !drawOvertaking(seed) || pid > 3) return undefined;
  const chance = apart(seed, "overtakingSubtasks");
  const first = chance.below(3);
  const parallelism = chance.oneIn(3) ? 2 + (first % 2) : 1 + ((first + pid) % 3);
  return { ...calm, disk: { ...calm.disk, delayMsMax: disk.delayMsMax, diesWithRecordsUnderWay: true }, parallelism };
}

/** Where sources take turns, all that one has said has to be everywhere before the other one speaks: nothing waits long for a sink. */
function withQuickDisk({ disk, ...incarnation }: Incarnation): Incarnation {
  return { ...incarnation, disk: { ...disk, delayMsMax: Math.min(disk.delayMsMax, TURNS_DELAY_MS) } };
}

/** In some of these the process is asked to stop in order a little later, as by Ctrl-C: it has to come to an end, with the savepoint or without. */
function drawImpatience(turn: number, seed: number, pid: number): Incarnation["orders"] {
  const chance = apart(seed, "impatience", pid);
  return chance.oneIn(3) ? [{ turn: turn + chance.scale(60), order: { kind: "stop" } }] : [];
}

/** In some seeds the first processes are asked to stop with a savepoint, and live until then: functions may fail meanwhile. Drawn apart from all else. */
function drawStop(seed: number, pid: number): Incarnation["orders"][number] | undefined {
  const chance = apart(seed, "stop");
  if (!chance.oneIn(8) || pid > 2) return undefined;
  return { turn: chance.between(1, 200), order: { kind: "stopWithSavepoint" } };
}

/** In some seeds the state directory is taken from a process. Drawn apart from all else. */
function withLostLock(incarnation: Incarnation, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "takeLock");
  if (!chance.oneIn(12) || pid > 2) return incarnation;
  const order = { turn: chance.between(1, 250), order: { kind: "takeLock", fails: chance.oneIn(2) } } as const;
  return { ...incarnation, death: undefined, orders: [...incarnation.orders, order] };
}

/** In some seeds a process lives to be rescaled, and is asked for something else right behind that. Drawn apart from all else. */
function withRescale(incarnation: Incarnation, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "rescale");
  if (!chance.oneIn(12) || pid > 2) return incarnation;
  const turn = chance.between(1, 200);
  const next = chance.pick([{ kind: "stop" }, { kind: "stopWithSavepoint" }, { kind: "rescale", parallelism: chance.between(1, 4) }] as const);
  const orders = [
    { turn, order: { kind: "rescale", parallelism: chance.between(1, 4) } },
    { turn: turn + chance.scale(40), order: next },
  ] as const;
  return { ...incarnation, death: undefined, orders };
}

/** In some seeds a process is asked to drain, which is the end of them; in half of these it lives until then. Drawn apart from all else. */
function withDrain(incarnation: Incarnation, job: RandomJob, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "drain");
  if (!chance.oneIn(4) || !mayDrain(job) || pid !== chance.between(1, 3)) return incarnation;
  const drain = { turn: chance.between(1, 250), order: { kind: "drain" } } as const;
  return chance.oneIn(2) ? { ...incarnation, death: undefined, orders: [drain] } : { ...incarnation, orders: [...incarnation.orders, drain] };
}

/** What a source that takes turns has been given, and what is a record where some can't be read, is not known here. */
function mayDrain({ turnsOf, brokenEvery }: RandomJob): boolean {
  return turnsOf === undefined && brokenEvery === undefined;
}

/** In some seeds a process lives to be asked for two or three things, one right behind the other. Drawn apart from all else. */
function withMeeting(incarnation: Incarnation, job: RandomJob, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "meeting");
  if (!chance.oneIn(8) || pid > 2) return incarnation;
  const kinds: readonly Request["kind"][] = [
    "savepoint",
    "savepoint",
    "stopWithSavepoint",
    "rescale",
    "stop",
    ...(mayDrain(job) ? (["drain"] as const) : []),
  ];
  let turn = chance.between(1, 200);
  const orders = Array.from({ length: chance.between(2, 3) }, () => {
    const order = { turn, order: drawRequest(chance, kinds) };
    turn += chance.oneIn(3) ? 0 : chance.scale(40);
    return order;
  });
  // One that is not written yet when the next is asked for; output that can't be published for once behind the last.
  const slow = chance.oneIn(2) ? { savepointDelayMsMax: SAVEPOINT_DELAY_MS } : {};
  const unpublished = chance.oneIn(3) ? { failingPublicationBehindStop: chance.between(1, 6) } : {};
  return { ...incarnation, death: undefined, orders, disk: { ...incarnation.disk, ...slow, ...unpublished } };
}

/** Some processes are asked to keep a checkpoint for a while. Drawn apart from all else. */
function withHold(incarnation: Incarnation, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "hold", pid);
  if (!chance.oneIn(6)) return incarnation;
  return { ...incarnation, orders: [...incarnation.orders, { turn: chance.between(20, 300), order: { kind: "hold" } }] };
}

/** In some seeds a checkpoint is damaged while a process runs. Drawn apart from all else. */
function withDamage(incarnation: Incarnation, seed: number, pid: number): Incarnation {
  const chance = apart(seed, "damageWhileRunning");
  if (!chance.oneIn(5) || pid !== chance.between(1, 2)) return incarnation;
  return { ...incarnation, orders: [...incarnation.orders, { turn: chance.between(50, 300), order: { kind: "damage" } }] };
}

/** Whether the job keeps nothing beside its output. Drawn apart from all else. */
export function drawEphemeral(seed: number): boolean {
  return apart(seed, "ephemeral").oneIn(10);
}

/** It has nothing to be asked for but to stop. In most of them one operation of the publication fails. */
export function withoutCheckpoints(incarnation: Incarnation, seed: number): Incarnation {
  const chance = apart(seed, "publicationWithoutCheckpoints");
  const failing = chance.oneIn(4) ? {} : { failingPublication: chance.scale(20) };
  const orders: Incarnation["orders"] = apart(seed, "impatience").oneIn(3) ? [{ turn: chance.between(1, 300), order: { kind: "stop" } }] : [];
  return { ...incarnation, orders, disk: { ...incarnation.disk, ...failing } };
}

/** When a record fails after a stop with a savepoint was asked for: behind so many, or the first that passes while the savepoint is written. */
export type FailureAfterStop = number | "whileWritten";

/** undefined: none fails. Drawn apart from all else. */
export function drawFailureAfterStop(seed: number): FailureAfterStop | undefined {
  const chance = apart(seed, "failureAfterStop");
  if (!chance.oneIn(2)) return undefined;
  const passed = chance.scale(150);
  return chance.oneIn(2) ? passed : "whileWritten";
}
