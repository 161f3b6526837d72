import type { Chance } from "./chance.ts";

/** Where a process dies: at its n-th turn of the event loop, or before, within or after its n-th operation on the disk. */
export type DeathPlace =
  | { readonly at: "turn"; readonly n: number }
  | { readonly at: "operation"; readonly n: number; readonly when: "before" | "within" | "after" };

/** `killed`: what was written stays. `powerCut`: what was not synced is lost, wholly (strict) or in parts (random). */
export type DeathKind = "killed" | "powerCutStrict" | "powerCutRandom";

export interface Death {
  readonly place: DeathPlace;
  readonly kind: DeathKind;
}

/** What the disk does to one process, counted in its operations. */
export interface DiskFaults {
  /** From operation `from` on, `count` writing operations fail with ENOSPC. */
  readonly full: { readonly from: number; readonly count: number } | undefined;
  /** These operations fail with EIO. */
  readonly failing: readonly number[];
  /** So does the n-th of those that give output its name, or make that durable. */
  readonly failingPublication?: number;
  /** So does the n-th of those that write a savepoint: whoever was to stop with it goes on. */
  readonly failingSavepoint?: number;
  /** As `failingPublication`, counted from the moment at which the process is asked to stop with a savepoint. */
  readonly failingPublicationBehindStop?: number;
  /** The process dies when a checkpoint that cut a firing is durable. */
  readonly diesWithCutFiring?: boolean;
  /** Or one that overtook records. */
  readonly diesWithRecordsUnderWay?: boolean;
  /** Each operation takes up to so long; 0: none takes any time. */
  readonly delayMsMax: number;
  /** The same of those that write a savepoint, where they are slower than others. */
  readonly savepointDelayMsMax?: number;
}

/** What somebody asks a running job for. */
export type Request =
  | { readonly kind: "stop" }
  | { readonly kind: "savepoint" }
  | { readonly kind: "stopWithSavepoint" }
  /** To stop with a savepoint when event time has gone to its end: for a job that does not go on. */
  | { readonly kind: "drain" }
  | { readonly kind: "rescale"; readonly parallelism: number };

/** What somebody does while a job runs. */
export type Order =
  | Request
  /** Keeps its last checkpoint, to read it. */
  | { readonly kind: "hold" }
  /** Changes a byte of its newest checkpoint. */
  | { readonly kind: "damage" }
  /** Takes its state directory, and a record fails behind that, or none does. */
  | { readonly kind: "takeLock"; readonly fails: boolean };

export function isRequest(order: Order): order is Request {
  return order.kind !== "hold" && order.kind !== "damage" && order.kind !== "takeLock";
}

/** What happens to one life of the process. */
export interface Incarnation {
  readonly death: Death | undefined;
  /** After a stop the next process resumes; after one with a savepoint it starts from that. */
  readonly orders: readonly { readonly turn: number; readonly order: Order }[];
  readonly disk: DiskFaults;
  /** The wall clock jumps by `byMs` at these turns. */
  readonly clockJumps: readonly { readonly turn: number; readonly byMs: number }[];
  readonly parallelism: number;
}

/** A place in a life that has about `usual` of them: at its start or anywhere. */
function moment(chance: Chance, usual: number): number {
  return chance.oneIn(3) ? chance.scale(usual) : chance.between(1, usual);
}

/** Turns and operations on the disk of a small job's life. */
const TURNS = 500;
const OPERATIONS = 250;

/** Nothing goes wrong. */
export const calm: Incarnation = {
  death: undefined,
  orders: [],
  disk: { full: undefined, failing: [], delayMsMax: 0 },
  clockJumps: [],
  parallelism: 1,
};

export function drawIncarnation(chance: Chance): Incarnation {
  const dies = !chance.oneIn(5);
  return {
    death: dies ? { place: drawPlace(chance), kind: chance.pick(["killed", "powerCutStrict", "powerCutRandom"]) } : undefined,
    orders: !dies || chance.oneIn(3) ? drawOrders(chance) : [],
    disk: {
      full: chance.oneIn(6) ? { from: moment(chance, OPERATIONS), count: chance.scale(60) } : undefined,
      failing: chance.oneIn(3) ? Array.from({ length: chance.between(1, 8) }, () => moment(chance, OPERATIONS)) : [],
      delayMsMax: chance.oneIn(2) ? chance.scale(40) : 0,
    },
    clockJumps: chance.oneIn(4) ? [{ turn: moment(chance, TURNS), byMs: chance.between(-100_000, 100_000) }] : [],
    parallelism: chance.pick([1, 1, 2, 3]),
  };
}

function drawOrders(chance: Chance): Incarnation["orders"] {
  return Array.from({ length: chance.between(1, 2) }, () => ({
    turn: moment(chance, TURNS),
    order: drawRequest(chance, ["stop", "savepoint", "stopWithSavepoint", "rescale"]),
  }));
}

/** One of these kinds; a kind that stands there twice is twice as likely. */
export function drawRequest(chance: Chance, kinds: readonly Request["kind"][]): Request {
  const kind = chance.pick(kinds);
  return kind === "rescale" ? { kind, parallelism: chance.between(1, 4) } : { kind };
}

function drawPlace(chance: Chance): DeathPlace {
  if (chance.oneIn(2)) return { at: "turn", n: moment(chance, TURNS) };
  return { at: "operation", n: moment(chance, OPERATIONS), when: chance.pick(["before", "within", "after"]) };
}
