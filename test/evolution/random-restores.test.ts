import { isDeepStrictEqual } from "node:util";
import { keyGroupOf } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { t } from "../../packages/api/src/index.ts";
import { type Draw, drawFrom } from "../../packages/codec/test/evolution/draw.ts";
import type {
  CheckpointManifest,
  Key,
  KeyedStateBackend,
  KeyGroupRange,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from "../../packages/contracts/src/index.ts";
import { compareState, type JobGraph, snapshotFactsOf } from "../../packages/plan/src/index.ts";
import { adoptedManifest, migratedRestore, migrationOf } from "../../packages/runtime/src/index.ts";
import { migrateRecords } from "../../packages/state/src/index.ts";
import { chunksOf, type Host, heapHost, MAX_PARALLELISM, type StateFile, storeHost } from "../../packages/state/test/model/hosts.ts";
import { type EvolvedState, jobWith, randomState, randomValue } from "./random-states.ts";

/** What is in a state under a key, as version 1 wrote it: a value, elements, or entries. */
type Contents = Map<string, { readonly key: Key; value: unknown; elements: unknown[]; entries: Map<string, unknown> }>;

const voidNamespace = t.literal("");
const oldUid = "operator";

/** Fills states at random and returns the files of its checkpoints: a base and deltas. */
async function fill(
  draw: Draw,
  backend: KeyedStateBackend,
  states: readonly EvolvedState[],
  contents: readonly Contents[],
  timers: Map<string, Key>,
): Promise<StateFile[]> {
  const handles = states.map(({ before }) => backend.states({ [before.name]: before.declaration })[before.name]);
  const service = backend.timers("user-timers", voidNamespace, { onEventTime: () => undefined, onProcessingTime: () => undefined });
  const keys = keysOf(draw);
  const files: StateFile[] = [];
  for (let checkpoint = 1; checkpoint <= 1 + draw.below(4); checkpoint++) {
    for (let step = 0; step < 40; step++) {
      const key = draw.of(keys);
      backend.setCurrentKey(key);
      const index = draw.below(states.length);
      const { before } = states[index] as EvolvedState;
      const held = contents[index] as Contents;
      const id = idOf(key);
      if (draw.below(6) === 0) {
        (handles[index] as ValueState<unknown>).clear();
        held.delete(id);
        continue;
      }
      const entry = held.get(id) ?? { key, value: undefined, elements: [], entries: new Map() };
      held.set(id, entry);
      write(draw, before, handles[index], entry);
      if (draw.below(3) === 0) {
        const time = draw.below(50);
        service.registerEventTime("", time);
        timers.set(`${time} ${id}`, key);
      }
    }
    backend.freeze(checkpoint, checkpoint === 1);
    while (!backend.encodeSlice(1));
    const chunks: Uint8Array[] = [];
    for await (const chunk of backend.takeDelta().chunks) chunks.push(chunk.slice());
    await backend.complete(checkpoint);
    files.push(chunks);
  }
  return files;
}

function write(draw: Draw, { kind, schema }: EvolvedState["before"], handle: unknown, entry: Entry): void {
  if (kind === "value" || kind === "reducing") {
    const value = randomValue(draw, schema) ?? randomValue(draw, schema);
    if (value === undefined) return;
    entry.value = value;
    if (kind === "value") (handle as ValueState<unknown>).update(value);
    else (handle as ReducingState<unknown>).add(value);
  } else if (kind === "list") {
    for (let left = draw.of([1, 3, 90]); left > 0; left--) {
      const value = randomValue(draw, schema);
      entry.elements.push(value);
      (handle as ListState<unknown>).add(value);
    }
  } else {
    for (let left = draw.of([1, 3, 90]); left > 0; left--) {
      const [mapKey, value] = [`k${draw.below(150)}`, randomValue(draw, schema)];
      entry.entries.set(mapKey, value);
      (handle as MapState<string, unknown>).put(mapKey, value);
    }
  }
}

function keysOf(draw: Draw): readonly Key[] {
  return draw.of<readonly Key[]>([
    ["a", "b", "c", "naïve", ""],
    [0, 1, -7, 0.5, 2 ** 40],
    [["a", 1] as const, ["b", 2] as const, ["", 3] as const],
  ]);
}

function idOf(key: Key): string {
  return JSON.stringify(key);
}

function manifestOf(graph: JobGraph, parallelism: number): CheckpointManifest {
  const keyed = { keyGroups: { start: 0, end: MAX_PARALLELISM - 1 }, files: [{ name: "base", bytes: 1, checksum: "" }] };
  return {
    plan: graph.plan as unknown as CheckpointManifest["plan"],
    maxParallelism: MAX_PARALLELISM,
    parallelism,
    kind: "checkpoint",
    operators: [{ uid: oldUid, subtasks: [{ subtask: 0, keyed }] }],
  } as unknown as CheckpointManifest;
}

function rangesOf(count: number): readonly KeyGroupRange[] {
  const width = Math.ceil(MAX_PARALLELISM / count);
  return Array.from({ length: count }, (_, index) => ({ start: index * width, end: Math.min((index + 1) * width, MAX_PARALLELISM) - 1 }));
}

async function restoreRandomly(seed: number, hosts: { readonly from: Host; readonly to: Host }): Promise<void> {
  const draw = drawFrom(seed);
  const states = Array.from({ length: 1 + draw.below(3) }, (_, index) => randomState(draw, index));
  const contents: readonly Contents[] = states.map(() => new Map());
  const timers = new Map<string, Key>();
  const keepsTimers = draw.below(4) > 0;
  const files = await fill(draw, await hosts.from.open(), states, contents, timers);
  const before = jobWith(Object.fromEntries(states.map(({ before: one }) => [one.name, one.declaration])), oldUid, { timers: true });
  const uid = draw.boolean() ? oldUid : "renamed";
  const declarations = Object.fromEntries(states.flatMap(({ now }) => (now === undefined ? [] : [[now.name, now.declaration] as const])));
  const now = jobWith(declarations, uid, { timers: keepsTimers, ...(uid === oldUid ? {} : { uidAliases: [oldUid] }) });

  const manifest = manifestOf(before, 1);
  const plan = compareState(snapshotFactsOf(manifest), { plan: now.plan, maxParallelism: MAX_PARALLELISM }, { allowDrop: [uid, "in", "out"] });
  expect(plan.problems).toEqual([]);
  const migration = migrationOf(now, migratedRestore(manifest, plan), uid, 0);
  const adopted = adoptedManifest(manifest, plan).operators.find((operator) => operator.uid === uid);
  const everythingDropped = adopted?.subtasks[0]?.keyed === undefined;
  const ranges = rangesOf(draw.of([1, 1, 3]));
  for (const range of ranges) {
    const backend = await hosts.to.open(range);
    if (!everythingDropped) {
      const chunks = cut(draw, files);
      await backend.restore(migration === undefined ? chunks : migrateRecords(chunks, migration));
    }
    await check(backend, range, states, contents, keepsTimers ? timers : new Map());
  }
}

/** The files as one stream of pieces that end anywhere. */
async function* cut(draw: Draw, files: readonly StateFile[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(files)) {
    for (let at = 0; at < chunk.length; ) {
      const length = 1 + draw.below(400);
      yield chunk.slice(at, at + length);
      at += length;
    }
  }
}

async function check(
  backend: KeyedStateBackend,
  range: KeyGroupRange,
  states: readonly EvolvedState[],
  contents: readonly Contents[],
  timers: ReadonlyMap<string, Key>,
): Promise<void> {
  const mine = (key: Key): boolean => {
    const group = keyGroupOf(key, MAX_PARALLELISM);
    return group >= range.start && group <= range.end;
  };
  for (const [index, { now, model }] of states.entries()) {
    if (now === undefined) continue;
    const handle = backend.states({ [now.name]: now.declaration })[now.name];
    for (const entry of (contents[index] as Contents).values()) {
      if (!mine(entry.key)) continue;
      backend.setCurrentKey(entry.key);
      const [read, expected] = readBack(now.kind, handle, entry, model);
      expect(isDeepStrictEqual(read, expected), `state ${now.name} of ${idOf(entry.key)}`).toBe(true);
      (handle as ValueState<unknown>).clear();
    }
  }
  const fired: string[] = [];
  const service = backend.timers("user-timers", voidNamespace, {
    onEventTime: (time) => fired.push(`${time} ${idOf(backend.currentKey())}`),
    onProcessingTime: () => undefined,
  });
  service.advanceEventTime(1e9, () => false);
  expect(fired.sort()).toEqual(
    [...timers]
      .filter(([, key]) => mine(key))
      .map(([text]) => text)
      .sort(),
  );
  expect(backend.isEmpty()).toBe(true);
}

type Entry = Contents extends Map<string, infer E> ? E : never;

function readBack(
  kind: string,
  handle: unknown,
  { value, elements, entries }: Entry,
  model: (value: unknown) => unknown,
): readonly [unknown, unknown] {
  const mapped = (one: unknown): unknown => (one === undefined ? undefined : model(one));
  if (kind === "value") return [(handle as ValueState<unknown>).value(), mapped(value)];
  if (kind === "reducing") return [(handle as ReducingState<unknown>).get(), mapped(value)];
  if (kind === "list") return [(handle as ListState<unknown>).get(), elements.map(model)];
  return [
    new Map([...(handle as MapState<string, unknown>).entries()].sort()),
    new Map([...entries].map(([key, one]) => [key, model(one)] as const).sort()),
  ];
}

const first = Number(process.env.MILLRACE_EVOLUTION_SEED ?? "1");
const rounds = Number(process.env.MILLRACE_EVOLUTION_ROUNDS ?? "40");

describe("random states restored into random versions of their job", () => {
  for (const [from, to] of [
    ["heap", "disk"],
    ["disk", "heap"],
  ] as const) {
    it(`hold what a model says (${from} → ${to}, MILLRACE_EVOLUTION_SEED repeats one)`, { timeout: 120_000 }, async () => {
      const open = (kind: "heap" | "disk"): Promise<Host> | Host => (kind === "heap" ? heapHost() : storeHost());
      const hosts = { from: await open(from), to: await open(to) };
      try {
        for (let seed = first; seed < first + rounds; seed++) {
          await restoreRandomly(seed, hosts).catch((error: unknown) => {
            throw new Error(`seed ${seed}`, { cause: error });
          });
        }
      } finally {
        await hosts.from.close();
        await hosts.to.close();
      }
    });
  }
});
