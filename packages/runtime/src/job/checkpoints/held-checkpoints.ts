/** Checkpoints that somebody reads, e.g. to write a savepoint: retention keeps them, whatever attempt takes the next ones. */
export class HeldCheckpoints {
  readonly #counts = new Map<number, number>();

  get ids(): readonly number[] {
    return [...this.#counts.keys()];
  }

  /** The returned function lets go of it; calling it again does nothing. */
  hold(checkpointId: number): () => void {
    this.#counts.set(checkpointId, (this.#counts.get(checkpointId) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#counts.get(checkpointId) ?? 0) - 1;
      if (left > 0) this.#counts.set(checkpointId, left);
      else this.#counts.delete(checkpointId);
    };
  }
}
