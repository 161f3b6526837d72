import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ONNXModel } from "@jax-js/onnx";
import { describe, expect, it } from "vitest";
import { featureNames } from "./features.ts";
import { LoadedModels } from "./loaded-models.ts";
import { loadModel } from "./model.ts";

const training = join(import.meta.dirname, "training");
const versions = [1, 2] as const;

/** Weights and sums are float32 here and float64 in scikit-learn; the worst difference seen is 2.4e-7. */
const tolerance = 1e-6;

function bytesOf(version: number): Buffer {
  return readFileSync(join(training, `fraud-${version}.onnx`));
}

/** The model with some bytes replaced by as many others. */
function patched(version: number, from: Uint8Array, to: Uint8Array): Buffer {
  const bytes = bytesOf(version);
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.set(to, at);
  return bytes;
}

describe("a model", () => {
  const [header = "", ...rows] = readFileSync(join(training, "scores.csv"), "utf8").trim().split("\n");
  const table = rows.map((row) => row.split(",").map(Number));

  it("takes the features that it was trained on, in their order", () => {
    expect(header.split(",")).toEqual([...featureNames, "fraud", "score1", "score2"]);
    expect(table).toHaveLength(200);
  });

  for (const version of versions) {
    it(`of version ${version} scores as scikit-learn does`, () => {
      const { score } = loadModel(bytesOf(version));
      const worst = table.map((row) => Math.abs(score(row.slice(0, featureNames.length)) - (row[featureNames.length + version] as number)));
      expect(Math.max(...worst)).toBeLessThan(tolerance);
    });
  }

  it("differs from the other version by much more than that", () => {
    const differences = table.map((row) => Math.abs((row.at(-1) as number) - (row.at(-2) as number)));
    expect(Math.max(...differences)).toBeGreaterThan(0.1);
  });

  it("is refused when its bytes are none, are cut or are something else", () => {
    for (const bytes of [new Uint8Array(0), bytesOf(2).subarray(0, 300), Buffer.from("PK is no model")]) {
      expect(() => loadModel(bytes)).toThrow(expect.objectContaining({ name: "ModelRefused", code: "MODEL_UNREADABLE" }));
    }
  });

  it("is refused when it takes something else, or needs an operator that there isn't", () => {
    const other = patched(1, Buffer.from("features"), Buffer.from("pictures"));
    expect(() => loadModel(other)).toThrow(expect.objectContaining({ code: "MODEL_SHAPE" }));
    const unknown = patched(1, Buffer.from("Sigmoid"), Buffer.from("Sigmoyd"));
    expect(() => loadModel(unknown)).toThrow(expect.objectContaining({ code: "MODEL_SHAPE", message: expect.stringContaining("Sigmoyd") }));
  });

  it("is refused when its score is no number", () => {
    const bias = new ONNXModel(new Uint8Array(bytesOf(1))).model.graph?.initializer.find(({ name }) => name === "bias1")?.rawData;
    const broken = patched(1, bias as Uint8Array, new Uint8Array(new Float32Array([Number.NaN]).buffer));
    expect(() => loadModel(broken)).toThrow(expect.objectContaining({ code: "MODEL_SCORE", message: expect.stringContaining("NaN") }));
  });
});

describe("loaded models", () => {
  it("score alike when they were put away in between", () => {
    const models = new LoadedModels();
    const copies = Array.from({ length: 9 }, () => bytesOf(2));
    const features = [1, 7, 8, 1, 3, 2];
    const scores = [...copies, ...copies].map((bytes) => models.of(bytes).score(features));
    expect(new Set(scores)).toEqual(new Set([loadModel(bytesOf(2)).score(features)]));
  });
});
