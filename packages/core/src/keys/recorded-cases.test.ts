import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { defaultMaxParallelism, javaHash, keyGroupOf, keyGroupRange, murmurHash, subtaskOf } from "../index.ts";
import { checkKey } from "./check-key.ts";
import { type Key, keyHash } from "./java-hash.ts";

type Spec =
  | { type: "int" | "double"; keys: number[] }
  | { type: "long" | "string"; keys: string[] }
  | { type: "boolean"; keys: boolean[] }
  | { type: "tuple"; keys: [string, number][] }
  | { type: "ranges"; maxParallelism: number; parallelism: number }
  | { type: "defaultMaxParallelism"; parallelism: number[] };

type Placement = { hash: number; murmur: number; keyGroup: Record<string, number>; subtask: Record<string, number[]> };
type Case = { id: string; spec: Spec; output: unknown };

function hashesOf(spec: Exclude<Spec, { type: "ranges" | "defaultMaxParallelism" }>): number[] {
  switch (spec.type) {
    case "int":
      return spec.keys.map(javaHash.int);
    case "long":
      return spec.keys.map((key) => javaHash.long(BigInt(key)));
    case "double":
      return spec.keys.map(javaHash.double);
    case "string":
      return spec.keys.map(javaHash.string);
    case "boolean":
      return spec.keys.map(javaHash.boolean);
    case "tuple":
      return spec.keys.map(([text, number]) => javaHash.tuple([javaHash.string(text), javaHash.int(number)]));
  }
}

function place(hash: number): Placement {
  const murmur = murmurHash(hash);
  const keyGroup: Record<string, number> = {};
  const subtask: Record<string, number[]> = {};
  for (const max of [128, 720, 32768]) {
    keyGroup[max] = murmur % max;
    subtask[max] = Array.from({ length: 8 }, (_, index) => subtaskOf(murmur % max, max, index + 1));
  }
  return { hash, murmur, keyGroup, subtask };
}

function run(spec: Spec): unknown {
  if (spec.type === "ranges") {
    return Array.from({ length: spec.parallelism }, (_, subtask) => ({ subtask, ...keyGroupRange(subtask, spec.maxParallelism, spec.parallelism) }));
  }
  if (spec.type === "defaultMaxParallelism") {
    return spec.parallelism.map((parallelism) => ({ parallelism, maxParallelism: defaultMaxParallelism(parallelism) }));
  }
  return hashesOf(spec).map(place);
}

/** Keys of a case whose Java type is the one that law S2 chooses for them. */
function ownKeys(spec: Spec): (Key | undefined)[] {
  if (spec.type === "long") return spec.keys.map((key) => (Number.isSafeInteger(Number(key)) ? Number(key) : BigInt(key)));
  if (spec.type === "double") return spec.keys.map((key) => (Number.isSafeInteger(key) ? undefined : key));
  if (spec.type === "tuple") return spec.keys.map((key) => (key[1] < 0 ? undefined : key));
  if (spec.type === "int") return spec.keys.map((key) => (key < 0 ? undefined : key));
  return spec.type === "string" || spec.type === "boolean" ? spec.keys : [];
}

function check(text: string): number {
  const cases = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Case);
  for (const { id, spec, output } of cases) {
    expect(run(spec), id).toEqual(output);
    for (const [index, key] of ownKeys(spec).entries()) {
      if (key === undefined) continue;
      const expected = (output as Placement[])[index];
      expect(keyHash(checkKey(key)), `${id} [${index}]`).toBe(expected?.hash);
      expect(keyGroupOf(checkKey(key), 720), `${id} [${index}]`).toBe(expected?.keyGroup["720"]);
    }
  }
  return cases.length;
}

const every = new URL("../../../../test/semantics/cases/keyGroup.jsonl.gz", import.meta.url);

describe("key groups recorded from Flink", () => {
  it("agree on one case of each type", () => {
    expect(check(readFileSync(new URL("fixtures/key-groups.jsonl", import.meta.url), "utf8"))).toBe(11);
  });

  it.skipIf(!existsSync(every))("agree on every case", () => {
    expect(check(gunzipSync(readFileSync(every)).toString())).toBe(160);
  });
});
