import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildJob } from "@millrace/api";
import { seededRandom } from "@millrace/core";
import { type JobGraph, kindTraits } from "@millrace/plan";
import { discard, type JobDefinition } from "millrace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { furtherBranches } from "../../apps/sim/src/jobs/further-branches.ts";
import { allBranches, drawJob } from "../../apps/sim/src/jobs/random-job.ts";
import { Chance } from "../../apps/sim/src/world/chance.ts";
import { branches, randomJob } from "./random-jobs.ts";

const folder = join(import.meta.dirname, "../../packages/api/src/streams");
const otherNames = new Set(["DataStream.sinkTo", "PatternStream.sideOutputLateData", "WindowedStream.sideOutputLateData"]);

type Prototype = Record<string, unknown>;
interface Method {
  /** `KeyedStream.reduce`. */
  readonly name: string;
  readonly of: Prototype;
  readonly key: string;
}

/** Every method of the classes that a job is written with: what a user can say of a stream. */
async function streamMethods(): Promise<Method[]> {
  const files = readdirSync(folder).filter((file) => !file.endsWith(".test.ts"));
  const modules = (await Promise.all(files.map((file) => import(join(folder, file))))) as Record<string, unknown>[];
  const classes = modules.flatMap((module) => Object.entries(module)).filter(([name, value]) => typeof value === "function" && /^[A-Z]/.test(name));
  const prototypes = new Set(classes.flatMap(([, value]) => chainOf((value as { readonly prototype: Prototype }).prototype)));
  return [...prototypes].flatMap((of) => {
    const keys = Object.getOwnPropertyNames(of).filter((key) => key !== "constructor" && key !== "with" && typeof of[key] === "function");
    return keys.map((key) => ({ name: `${(of.constructor as { readonly name: string }).name}.${key}`, of, key }));
  });
}

/** A prototype, and those of the classes that its class extends. */
function chainOf(prototype: Prototype): readonly Prototype[] {
  if (prototype === Object.prototype) return [];
  return [prototype, ...chainOf(Object.getPrototypeOf(prototype) as Prototype)];
}

const called = new Set<string>();
let methods: Method[] = [];
const original: [Method, unknown][] = [];

beforeAll(async () => {
  methods = await streamMethods();
  for (const method of methods) {
    const { name, of, key } = method;
    const own = of[key] as (...args: unknown[]) => unknown;
    original.push([method, own]);
    of[key] = function (this: unknown, ...args: unknown[]) {
      called.add(name);
      return own.apply(this, args);
    };
  }
});

afterAll(() => {
  for (const [{ of, key }, own] of original) of[key] = own;
});

/** What jobs say nothing of, of all that can be said. */
function unsaid(definitions: readonly JobDefinition[]): { methods: string[]; kinds: string[] } {
  called.clear();
  const kinds = new Set(definitions.map((definition): JobGraph => buildJob(definition)).flatMap(({ plan }) => plan.nodes.map(({ kind }) => kind)));
  return {
    methods: methods.map(({ name }) => name).filter((name) => !called.has(name) && !otherNames.has(name)),
    kinds: Object.keys(kindTraits).filter((kind) => !kinds.has(kind as never)),
  };
}

describe("random jobs have every kind of operator, said in every way that there is", () => {
  it("of the simulator", () => {
    const jobs = Array.from({ length: 600 }, (_, seed) =>
      drawJob(new Chance(seededRandom(seed + 1)), {
        layoutSeed: seed + 1,
        furtherSeed: seed + 1,
        aligned: false,
        brokenEvery: undefined,
        bursts: false,
        clockBursts: false,
        edited: false,
        turns: false,
        awaits: false,
        interleaved: false,
        crowded: false,
        marked: false,
        batched: false,
        punctuated: false,
      }),
    );
    expect(unsaid(jobs.map((job) => job.define(() => undefined, 1)))).toEqual({ methods: [], kinds: [] });
    expect(new Set(jobs.flatMap((job) => job.branches.map(({ name }) => name)))).toEqual(
      new Set([...allBranches, ...furtherBranches].map(({ name }) => name)),
    );
  });

  it("of the engine's tests and of torture", () => {
    const { methods: missing, kinds } = unsaid([randomJob([], branches, 200, discard())]);
    // What may be said of windows over two streams, the simulator's jobs alone say.
    expect({ missing: missing.filter((name) => !name.startsWith("WindowPair.")), kinds }).toEqual({ missing: [], kinds: [] });
  });
});
