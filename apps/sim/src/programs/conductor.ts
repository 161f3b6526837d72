import type { Scheduler } from "@millrace/core";
import type { Chance } from "../world/chance.ts";
import type { World } from "../world/world.ts";
import type { Script } from "./script.ts";

/** A source as the conductor sees it. */
export interface Player {
  /** The input that it plays. */
  readonly input: 0 | 1;
  /** First step of the script that it has not handed over. */
  readonly next: number;
  /** Where the script stood when the snapshot was taken that it was restored from; 0 at the very beginning. */
  readonly restoredAt: number;
  /** Snapshots that it has taken. */
  readonly snapshots: number;
  /** It has been given steps that it has not handed over: it may be suspended, before a stop. */
  readonly waits: boolean;
  /** Hands that step over. */
  play(index: number): void;
  /** No step will come any more. */
  finish(): void;
}

/** Milliseconds of simulated time in which what a step causes comes to rest, at least and at most. */
const REST_MS = [10, 30] as const;
/** How often a step waits until both sources are on one side of a checkpoint, and until what was given is handed over. */
const WAITS_MAX = 40;

/**
 * Gives the steps of a script to a job in their order, and sets the wall clock. It outlives the job's processes: whenever all
 * sources are there, new or restored, it goes on where the earlier of them stands, with the clock as it was.
 */
export class Conductor {
  readonly script: Script;
  /** Index of the step that is under way; the first of them, when there are several. */
  index = 0;
  /** The process was restored behind the end of the script: all that it causes is published, since a stop may end without a last checkpoint. */
  done = false;
  /** Of each source. */
  readonly subtasks: number;
  #now: number;
  #players: Player[] = [];
  #attending = 0;
  #begin: (() => void) | undefined;
  #session = 0;
  /** All sources are there. */
  #goesOn = false;
  #snapshotAt = 0;
  #completedAt = 0;
  readonly #chance: Chance;
  #world: World | undefined;

  constructor(script: Script, subtasks: number, chance: Chance) {
    this.script = script;
    this.subtasks = subtasks;
    this.#now = script.clockStart;
    this.#chance = chance;
  }

  set world(world: World) {
    this.#world = world;
  }

  /** The wall clock. */
  readonly now = (): number => this.#now;

  /** Index of the case's step that is under way. */
  get at(): number {
    return this.script.steps[Math.min(this.index, this.script.steps.length - 1)]?.at ?? 0;
  }

  /** A process begins: nobody is there yet. `restoredAt`: where the script stood in the checkpoint that it will find. */
  begin(restoredAt: number): void {
    this.done = false;
    this.#completedAt = restoredAt;
    this.#leave();
  }

  /** The last snapshots of the sources are part of a checkpoint: whoever is restored next begins there. */
  completed(): void {
    this.#completedAt = this.#snapshotAt;
  }

  /** A source is restored from a snapshot that was taken at that step: tasks behind it, which open later, find the clock as it was. */
  restores(index: number): void {
    if (!this.#goesOn) this.#now = this.#clockBefore(index);
  }

  /** A source takes a snapshot. Returns where the script stands: before all sources are there, where it was restored. */
  noteSnapshot(player: Player): number {
    this.#snapshotAt = this.#goesOn ? this.index : player.restoredAt;
    return this.#snapshotAt;
  }

  /** A source has its split. `ended` is called when the script is through. */
  enter(player: Player, scheduler: Scheduler, ended: () => void): void {
    this.#players.push(player);
    this.#begin = () => this.#start(scheduler, ended);
    this.attend();
  }

  /** A subtask of a source is there, also one that hands nothing over. */
  attend(): void {
    this.#attending++;
    if (this.#attending === this.script.inputs * this.subtasks) this.#begin?.();
  }

  #start(scheduler: Scheduler, ended: () => void): void {
    this.#goesOn = true;
    this.index = Math.min(...this.#players.map(({ restoredAt }) => restoredAt));
    this.done = this.index >= this.script.steps.length;
    this.#setClock(this.#clockBefore(this.index));
    this.#rest(scheduler, () => this.#perform(scheduler, ended, 0));
  }

  /** A source is gone. */
  leave(): void {
    this.#leave();
  }

  #leave(): void {
    this.#players = [];
    this.#attending = 0;
    this.#begin = undefined;
    this.#goesOn = false;
    this.#session++;
    // Operators open before their sources say which snapshot they are restored from.
    this.#now = this.#clockBefore(this.#completedAt);
  }

  #perform(scheduler: Scheduler, ended: () => void, waits: number): void {
    const { steps } = this.script;
    if (waits < WAITS_MAX && this.#players.some(({ snapshots }) => snapshots !== this.#players[0]?.snapshots)) {
      this.#after(scheduler, 1, () => this.#perform(scheduler, ended, waits + 1));
      return;
    }
    if (this.index >= steps.length) {
      ended();
      return;
    }
    const count = this.#crowd();
    for (let index = this.index; index < this.index + count; index++) this.#play(index);
    this.#afterRest(scheduler, () => {
      this.index += count;
      this.#perform(scheduler, ended, 0);
    });
  }

  /** When all that was given has been handed over, and what it causes has come to rest. */
  #afterRest(scheduler: Scheduler, then: () => void, waits = 0): void {
    this.#rest(scheduler, () => {
      if (waits < WAITS_MAX && this.#players.some((player) => player.waits)) this.#afterRest(scheduler, then, waits + 1);
      else then();
    });
  }

  /** How many steps are given at once. */
  #crowd(): number {
    const left = this.script.steps.length - this.index;
    return this.script.mayCrowd ? Math.min(left, this.#chance.scale(12)) : 1;
  }

  #play(index: number): void {
    const step = this.script.steps[index]?.step;
    if (step === undefined) return;
    if (step.kind === "processingTime") this.#setClock(step.time);
    else if (step.kind === "endInput") for (const player of this.#players) player.finish();
    else {
      const player = this.#players.find(({ input }) => this.script.inputs === 1 || input === step.input);
      if (player !== undefined && player.next <= index) player.play(index);
    }
  }

  #clockBefore(index: number): number {
    const set = this.script.steps.slice(0, index).findLast(({ step }) => step.kind === "processingTime")?.step;
    return set?.kind === "processingTime" ? set.time : this.script.clockStart;
  }

  /** Timers wait for time to go by, not for the clock: it goes by at once. */
  #setClock(now: number): void {
    this.#world?.time.skip(Math.max(0, now - this.#now));
    this.#now = now;
  }

  #rest(scheduler: Scheduler, then: () => void): void {
    this.#after(scheduler, this.#chance.between(...REST_MS), then);
  }

  #after(scheduler: Scheduler, delayMs: number, then: () => void): void {
    const session = this.#session;
    scheduler.after(delayMs, () => {
      if (session === this.#session) then();
    });
  }
}
