import { inspect } from "node:util";
import { buildJob, type Codec, defineJob, state, t } from "../../packages/api/src/index.ts";
import { sinkOf, sourceOf } from "../../packages/api/test/connectors.ts";
import type { Draw } from "../../packages/codec/test/evolution/draw.ts";
import { evolve } from "../../packages/codec/test/evolution/evolve.ts";
import { codecFor, randomSchema, randomValue, type Schema } from "../../packages/codec/test/evolution/schemas.ts";
import type { StateDeclaration, StateDeclarations } from "../../packages/contracts/src/index.ts";
import type { JobGraph } from "../../packages/plan/src/index.ts";

type Kind = "value" | "reducing" | "list" | "map";

/** One state in two versions of a job, and what a value of the first is in the second. */
export interface EvolvedState {
  readonly before: { readonly name: string; readonly kind: Kind; readonly schema: Schema; readonly declaration: StateDeclaration };
  /** undefined: it is dropped. */
  readonly now: { readonly name: string; readonly kind: Kind; readonly declaration: StateDeclaration } | undefined;
  readonly model: (value: unknown) => unknown;
}

const HOUR = 3_600_000;

export function randomState(draw: Draw, index: number): EvolvedState {
  const schema = randomSchema(draw, 2);
  const kind = draw.of(["value", "value", "reducing", "list", "map"] as const);
  const name = `state-${index}`;
  const ttl = draw.below(3) === 0 ? { ttlMs: HOUR } : {};
  const before = { name, kind, schema, declaration: declare(kind, codecFor(schema), ttl) };
  if (draw.below(8) === 0) return { before, now: undefined, model: same };
  const renamed = draw.below(3) === 0;
  const options = {
    ...(renamed ? { aliases: [name] } : {}),
    ...(draw.below(3) === 0 ? { ttlMs: 2 * HOUR } : {}),
  };
  const nowKind = kind === "value" && draw.boolean() ? "reducing" : kind;
  const nowName = renamed ? `renamed-${index}` : name;
  if (draw.below(4) === 0) {
    // A type that could not be read without a function.
    const declaration = declare(nowKind, t.tuple(t.string()) as unknown as Codec<unknown>, { ...options, migrate: (_from, value) => asText(value) });
    return { before, now: { name: nowName, kind: nowKind, declaration }, model: asText };
  }
  const { schema: evolved, model } = evolve(draw, schema, { breaking: false });
  return { before, now: { name: nowName, kind: nowKind, declaration: declare(nowKind, codecFor(evolved), options) }, model };
}

const same = (value: unknown): unknown => value;

function asText(value: unknown): unknown {
  return [inspect(value, { depth: 9, sorted: true })];
}

type Options = Parameters<typeof state.value<unknown>>[1];

function declare(kind: Kind, codec: Codec<unknown>, options: Options): StateDeclaration {
  switch (kind) {
    case "value":
      return state.value(codec, options);
    case "reducing":
      return state.reducing(codec, (_a, b) => b, options);
    case "list":
      return state.list(codec, options);
    case "map":
      return state.map(t.string(), codec, options);
  }
}

/** The job with these states in one keyed function. */
export function jobWith(
  states: StateDeclarations,
  uid: string,
  options: { readonly uidAliases?: readonly string[]; readonly timers: boolean },
): JobGraph {
  const { timers, ...rest } = options;
  return buildJob(
    defineJob("random", (env) => {
      env
        .from(sourceOf<number>(), { uid: "in" })
        .keyBy(() => "key")
        .process({ state: states, emits: t.any(), processElement() {}, ...(timers ? { onTimer() {} } : {}) }, { uid, ...rest })
        .to(sinkOf(), { uid: "out" });
    }),
  );
}

export { randomValue };
