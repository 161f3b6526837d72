import { assert, defaultMaxParallelism, type Json, javaHash, keyGroupRange, keyHash, murmurHash, subtaskOf } from "@millrace/core";
import type { CaseResult, SemanticsCase, TraceEntry } from "./case.ts";

const MAX_PARALLELISMS = [128, 720, 32_768];
const PARALLELISMS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Java hash, key group and subtask of keys; key-group ranges of subtasks; the max parallelism Flink chooses. */
export async function runKeyGroupCase(recorded: SemanticsCase): Promise<CaseResult> {
  const { spec } = recorded;
  if (spec.type === "ranges") return { output: ranges(Number(spec.maxParallelism), Number(spec.parallelism)) };
  if (spec.type === "defaultMaxParallelism") {
    const asked = spec.parallelism as readonly number[];
    return { output: asked.map((parallelism) => ({ parallelism, maxParallelism: defaultMaxParallelism(parallelism) })) };
  }
  return { output: (spec.keys as readonly Json[]).map((key) => placement(hashOf(String(spec.type), key))) };
}

function ranges(maxParallelism: number, parallelism: number): TraceEntry[] {
  return Array.from({ length: parallelism }, (_, subtask) => ({ subtask, ...keyGroupRange(subtask, maxParallelism, parallelism) }));
}

function placement(hash: number): TraceEntry {
  const murmur = murmurHash(hash);
  const keyGroup = Object.fromEntries(MAX_PARALLELISMS.map((max) => [max, murmur % max]));
  const subtask = Object.fromEntries(
    MAX_PARALLELISMS.map((max) => [max, PARALLELISMS.map((parallelism) => subtaskOf(murmur % max, max, parallelism))]),
  );
  return { hash, murmur, keyGroup, subtask };
}

/**
 * Keys of this engine have no Java type: its integers are Long, other numbers Double. Where the case's type is the one
 * this engine chooses, the engine's own hash is asked; Java's Integer and whole Doubles are hashed by name.
 */
function hashOf(type: string, key: Json): number {
  switch (type) {
    case "int":
      return javaHash.int(Number(key));
    case "long":
      return keyHash(BigInt(String(key)));
    case "double":
      return Number.isSafeInteger(key) ? javaHash.double(Number(key)) : keyHash(Number(key));
    case "boolean":
      return keyHash(key === true);
    case "tuple": {
      const [text, number] = key as readonly [string, number];
      // From 0 on, Integer and Long have the same hash.
      return number >= 0 ? keyHash([text, number]) : javaHash.tuple([javaHash.string(text), javaHash.int(number)]);
    }
    default:
      assert(type === "string", `a key type that is not known: ${type}`);
      return keyHash(String(key));
  }
}
