import { type Life, lastRun } from "./life.ts";
import { checkpointNames, idOf } from "./manifests.ts";
import type { World } from "./world.ts";

/**
 * Where somebody has gone back to a checkpoint, what newer ones had for publication is gone. Whoever names one of those is refused, and so is the
 * next process, which goes on from the same one; then another is named, the newest first.
 */
export class AbandonedCheckpoints {
  readonly #world: World;
  /** Those that were refused one after the other. */
  #refused: readonly number[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The one to name next; undefined: there is no need to. */
  async another(): Promise<string | undefined> {
    if (this.#refused.length === 0) return undefined;
    const names = await checkpointNames(this.#world);
    const left = names.filter((name) => !this.#refused.includes(idOf(name)));
    if (left.length === 0) throw new Error(`no checkpoint can be gone on from: ${names.join(", ")}`);
    return left.at(-1);
  }

  /** Whether the process that was just to start failed because output of the checkpoint that it restored is gone, and may. */
  async refused({ reason }: Life, lives: readonly Life[]): Promise<boolean> {
    const isGone = reason?.includes("SINK_COMMITTABLE_LOST") === true && lives.some(({ wentBack }) => wentBack === true);
    const restored = isGone ? (await lastRun(this.#world))?.restoredFrom : undefined;
    this.#refused = typeof restored === "number" ? [...this.#refused, restored] : [];
    return this.#refused.length > 0;
  }
}
