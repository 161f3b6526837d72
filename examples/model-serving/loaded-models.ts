import { type LoadedModel, loadModel } from "./model.ts";

const keptMax = 4;

/**
 * Models that are ready to run, by their bytes: what state holds is bytes, and after a restore they are made ready anew. Some
 * are kept for the subtasks of a thread, which may be one version apart; one that was put away is loaded again when asked for.
 */
export class LoadedModels {
  readonly #loaded = new Map<Uint8Array, LoadedModel>();

  /** Throws ModelRefused. */
  of(onnx: Uint8Array): LoadedModel {
    const known = this.#loaded.get(onnx);
    if (known !== undefined) return known;
    const loaded = loadModel(onnx);
    this.#loaded.set(onnx, loaded);
    if (this.#loaded.size > keptMax) this.#putAwayOldest();
    return loaded;
  }

  #putAwayOldest(): void {
    for (const [onnx, loaded] of this.#loaded) {
      loaded.dispose();
      this.#loaded.delete(onnx);
      return;
    }
  }
}
