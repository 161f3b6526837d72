import { numpy as arrays, jit } from "@jax-js/jax";
import { ONNXModel } from "@jax-js/onnx";
import { t } from "millrace";
import { featureNames } from "./features.ts";

/** A version of the model, whole: what scores an element is one of these. */
export interface Model {
  /** 1 and up; a higher one replaces a lower one. */
  readonly version: number;
  /** The bytes of an ONNX file: features [n, 6] to score [n, 1], 0 to 1. */
  readonly onnx: Uint8Array;
}

export const model = t.object({ version: t.integer(), onnx: t.bytes() });

export type RefusalCode = "MODEL_UNREADABLE" | "MODEL_SHAPE" | "MODEL_SCORE";

/** Why bytes are no model to serve. */
export class ModelRefused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ModelRefused";
    this.code = code;
  }
}

/** A model made ready: weights and kernels in memory. */
export interface LoadedModel {
  score(features: readonly number[]): number;
  dispose(): void;
}

/** Throws ModelRefused for bytes that are no ONNX, need operators that there aren't, or don't take these features to one score. */
export function loadModel(onnx: Uint8Array): LoadedModel {
  const loaded = readModel(onnx);
  const graph = loaded.model.graph;
  const inputs = graph?.input.map(({ name }) => name).join(", ");
  const outputs = graph?.output.map(({ name }) => name).join(", ");
  if (inputs !== "features" || outputs !== "score") {
    throw new ModelRefused("MODEL_SHAPE", `it takes "${inputs}" to "${outputs}", and not "features" to "score"`);
  }
  const compiled = jit((features: arrays.Array) => loaded.run({ features }));
  const run = (features: readonly number[]): ArrayLike<number> => {
    const { score } = compiled(arrays.array(new Float32Array(features)).reshape([1, features.length]));
    return (score as arrays.Array).dataSync();
  };
  tryOut(run);
  return { score: (features) => run(features)[0] as number, dispose: () => loaded.dispose() };
}

function readModel(onnx: Uint8Array): ONNXModel {
  try {
    return new ONNXModel(new Uint8Array(onnx));
  } catch (error) {
    throw new ModelRefused("MODEL_UNREADABLE", messageOf(error), { cause: error });
  }
}

/** A first score: operators and shapes show themselves when a model runs. */
function tryOut(run: (features: readonly number[]) => ArrayLike<number>): void {
  let scores: ArrayLike<number>;
  try {
    scores = run(featureNames.map(() => 1));
  } catch (error) {
    throw new ModelRefused("MODEL_SHAPE", messageOf(error), { cause: error });
  }
  const [score] = Array.from(scores);
  if (scores.length !== 1) throw new ModelRefused("MODEL_SHAPE", `it gives ${scores.length} scores for one transaction`);
  if (!(score !== undefined && score >= 0 && score <= 1)) throw new ModelRefused("MODEL_SCORE", `its first score is ${score}, and not from 0 to 1`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
