import { decideTrigger, type ForcedCheckpoint, type TriggerDecision } from "@millrace/checkpoint";
import type { Cancel } from "@millrace/core";
import type { RunSettings } from "../settings.ts";

export interface TriggerListener {
  /** False: none may begin, whatever the time. */
  mayTrigger(): boolean;
  isUnderWay(): boolean;
  trigger(decision: TriggerDecision & { readonly kind: "trigger" }): void;
  /** There is no id for the next one. */
  failed(error: unknown): void;
}

/** When the checkpoints of an attempt begin, and with which ids. */
export class CheckpointTrigger {
  readonly #settings: RunSettings;
  readonly #listener: TriggerListener;
  /** Fetched ahead, because ids come from the disk. */
  #nextId: number | undefined;
  #forced: ForcedCheckpoint | undefined;
  #runningSinceMs: number | undefined;
  #lastTriggeredMs: number | undefined;
  #lastEndedMs: number | undefined;
  #cancelTimer: Cancel | undefined;

  constructor(settings: RunSettings, listener: TriggerListener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  /** All tasks run. */
  started(): void {
    this.#runningSinceMs = this.#now();
    this.#fetchId();
  }

  /** Whoever asks for one before its time calls `decide`, when all is told. A final one goes before others. */
  force(reason: ForcedCheckpoint): void {
    if (this.#forced === undefined || reason === "final") this.#forced = reason;
  }

  /** To be called when anything has changed that matters to it. */
  decide(): void {
    const nextCheckpointId = this.#nextId;
    if (nextCheckpointId === undefined || !this.#listener.mayTrigger()) return;
    this.close();
    const { intervalMs, minPauseMs } = this.#settings.checkpoints;
    const decision = decideTrigger({
      settings: { intervalMs, minPauseMs },
      nowMs: this.#now(),
      runningSinceMs: this.#runningSinceMs,
      inFlight: this.#listener.isUnderWay(),
      lastTriggeredMs: this.#lastTriggeredMs,
      lastEndedMs: this.#lastEndedMs,
      forced: this.#forced,
      nextCheckpointId,
      baseWanted: false,
    });
    if (decision.kind === "trigger") this.#listener.trigger(decision);
    if (decision.kind === "wait") {
      this.#cancelTimer = this.#settings.ports.scheduler.after(Math.max(0, decision.untilMs - this.#now()), () => this.decide());
    }
  }

  /** A checkpoint begins, with the id that was decided. */
  triggered(): void {
    this.#nextId = undefined;
    this.#forced = undefined;
    this.#lastTriggeredMs = this.#now();
    this.#fetchId();
  }

  /** The checkpoint that was triggered last is over. */
  ended(): void {
    this.#lastEndedMs = this.#now();
  }

  /** Since the last one was triggered. */
  get elapsedMs(): number {
    return this.#now() - (this.#lastTriggeredMs ?? 0);
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #fetchId(): void {
    this.#settings.nextCheckpointId().then(
      (id) => {
        this.#nextId = id;
        this.decide();
      },
      (error: unknown) => this.#listener.failed(error),
    );
  }

  #now(): number {
    return this.#settings.ports.clock.monotonic();
  }
}
