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

  constructor(settings: RunSettings, held: HeldCheckpoints) {
    this.#settings = settings;
    this.#held = held;
  }

  /** Throws what `takeSavepoint` throws. */
  async take({ checkpoints, deployment }: Checkpointed, order: Pick<SavepointOrder, "pathOf" | "options">): Promise<WrittenSavepoint> {
    const taking = takeSavepoint({ settings: this.#settings, checkpoints, deployment, held: this.#held, ...order });
    this.#underWay.add(taking);
    try {
      return await taking;
    } finally {
      this.#underWay.delete(taking);
    }
  }

  /** Resolves when none of them is under way any more, whatever has become of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
