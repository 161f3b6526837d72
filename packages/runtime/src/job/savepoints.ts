import type { WrittenSavepoint } from "@millrace/snapshots";
import type { HeldCheckpoints } from "./checkpoints/held-checkpoints.ts";
import { type SavepointOrder, takeSavepoint } from "./checkpoints/take-savepoint.ts";
import type { RunSettings } from "./settings.ts";
import type { Checkpointed } from "./stopping.ts";

/** The savepoints of a run that are being taken. */
export class Savepoints {
  readonly #settings: RunSettings;
  readonly #held: HeldCheckpoints;
  readonly #underWay = new Set<Promise<unknown>>();
  /** By path, of the newest checkpoint that any was made of: who asked for the same has the same. */
  #written: { readonly checkpointId: number; readonly byPath: Map<string, Promise<WrittenSavepoint>> } | undefined;

  constructor(settings: RunSettings, held: HeldCheckpoints) {
    this.#settings = settings;
    this.#held = held;
  }

  /** Throws what `takeSavepoint` throws. */
  async take({ checkpoints, deployment }: Checkpointed, order: Pick<SavepointOrder, "pathOf" | "options">): Promise<WrittenSavepoint> {
    const once: SavepointOrder["once"] = (checkpointId, path, write) => this.#once(checkpointId, path, write);
    const taking = takeSavepoint({ settings: this.#settings, checkpoints, deployment, held: this.#held, once, ...order });
    this.#underWay.add(taking);
    try {
      return await taking;
    } finally {
      this.#underWay.delete(taking);
    }
  }

  #once(checkpointId: number, path: string, write: () => Promise<WrittenSavepoint>): Promise<WrittenSavepoint> {
    if (this.#written?.checkpointId !== checkpointId) this.#written = { checkpointId, byPath: new Map() };
    const { byPath } = this.#written;
    const writing = byPath.get(path) ?? write();
    byPath.set(path, writing);
    return writing;
  }

  /** Resolves when none of them is under way any more, whatever has become of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
