import type { CheckpointManifest } from "@millrace/contracts";
import { adoptedManifest } from "../restore/adopted-manifest.ts";
import { migratedRestore } from "../restore/migrations.ts";
import { Attempt, type AttemptListener } from "./attempt.ts";
import { HeldCheckpoints } from "./checkpoints/held-checkpoints.ts";
import { readableManifests } from "./checkpoints/manifests.ts";
import { removeLeftBehind } from "./left-behind.ts";
import { inTime, jobStuck } from "./patience.ts";
import type { RunSettings } from "./settings.ts";

/** The attempts of a run, one after the other, each made from what is known when it begins. */
export class Attempts {
  readonly held = new HeldCheckpoints();
  /** Of the next one. */
  parallelism: number;
  /** Whether the next one may start from what the local stores hold. */
  storesTrusted = true;
  readonly #settings: RunSettings;
  readonly #warn: (warning: unknown) => void;
  #count = 0;
  #current: Attempt | undefined;
  #newest: Attempt | undefined;
  /** It does not come to its end. */
  #isStuck = false;
  #restored: CheckpointManifest | undefined;
  #resumed: boolean;

  constructor(settings: RunSettings, warn: (warning: unknown) => void) {
    this.#settings = settings;
    this.#warn = warn;
    this.parallelism = settings.parallelism;
    this.#restored = settings.restored;
    this.#resumed = settings.resumed;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  /** undefined: there is none yet, or it is gone. */
  get current(): Attempt | undefined {
    return this.#current;
  }

  /** The current one has failed, or makes way for the next. */
  dismiss(): void {
    this.#current = undefined;
  }

  /** From here on the checkpoint exists, and the next attempt starts from it. */
  completed(manifest: CheckpointManifest): void {
    this.#restored = manifest;
    this.#resumed = true;
  }

  /** The last completed checkpoint, kept until it is released; undefined: there is none. */
  hold(): { readonly manifest: CheckpointManifest; readonly release: () => void } | undefined {
    const manifest = this.#restored;
    if (manifest === undefined || manifest.kind === "savepoint") return undefined;
    return { manifest, release: this.held.hold(manifest.checkpointId) };
  }

  /** Makes the next one, which is the current one as soon as it is there. Nothing of it runs. */
  async next(listenerOf: (attempt: () => Attempt) => AttemptListener): Promise<Attempt> {
    this.#count++;
    const settings = this.#settings;
    const last = this.#restored;
    // What the run started from may have been taken by an older version of the job; its own checkpoints are in its own terms.
    const foreign = last !== undefined && last === settings.restored ? settings.restorePlan : undefined;
    const start = {
      parallelism: this.parallelism,
      restored: last === undefined || foreign === undefined ? last : adoptedManifest(last, foreign),
      migrated: last === undefined || foreign === undefined ? undefined : migratedRestore(last, foreign),
      others: settings.storage === undefined ? [] : await readableManifests(settings.storage),
      storesTrusted: this.storesTrusted,
      resumed: this.#resumed,
      parentCheckpointId: last?.kind === "checkpoint" ? last.checkpointId : undefined,
      held: this.held,
    };
    const attempt: Attempt = new Attempt(
      settings,
      start,
      listenerOf(() => attempt),
    );
    this.#current = attempt;
    this.#newest = attempt;
    return attempt;
  }

  /** Removes the local stores of subtasks that the current one, all of which runs, does not have. */
  async removeLeftBehind(): Promise<void> {
    const { local, ports, verifyOwnership } = this.#settings;
    const { subtasks = [] } = this.#current?.deployment ?? {};
    if (local === undefined || subtasks.length === 0) return;
    await verifyOwnership();
    await removeLeftBehind(ports.files, local, Math.max(...subtasks.map(({ subtask }) => subtask + 1)));
  }

  /** Ends what the newest one has, if that can be; it is asked for again and again, and waited for once. */
  async closeNewest(): Promise<void> {
    if (this.#isStuck || (await inTime(this.#newest?.close(), this.#settings.ports.scheduler))) return;
    this.#isStuck = true;
    this.#newest?.abandon();
    this.#warn(jobStuck());
  }
}
