import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckpointIdentity } from "./lineage.ts";
import { type ChainFile, decideLocalStore, type LocalStoreFacts } from "./local-store.ts";

const identity = (checkpointId: number, lockToken = "t1", runId = "r1"): CheckpointIdentity => ({ checkpointId, runId, lockToken });
const file = (checkpointId: number, kind: "base" | "delta"): ChainFile => ({
  checkpointId,
  kind,
  file: { name: `count-0-${checkpointId}.${kind}`, bytes: 1, checksum: "00000000" },
});
const facts: LocalStoreFacts = {
  marker: { kind: "applied", checkpoint: identity(9) },
  restored: identity(9),
  ancestors: [identity(8), identity(7), identity(5)],
  chain: [file(5, "base"), file(7, "delta"), file(8, "delta"), file(9, "delta")],
  layoutChanged: false,
};

describe("decideLocalStore", () => {
  test("uses a store that holds exactly the restored checkpoint", () => {
    expect(decideLocalStore(facts)).toEqual({ kind: "use" });
  });

  test("brings a lagging store up with the deltas since", () => {
    const marker = { kind: "applied", checkpoint: identity(7) } as const;
    expect(decideLocalStore({ ...facts, marker })).toEqual({ kind: "applyDeltas", deltas: [file(8, "delta"), file(9, "delta")] });
  });

  test("applies a delta again that was cut short", () => {
    const marker = { kind: "applying", checkpoint: identity(9) } as const;
    expect(decideLocalStore({ ...facts, marker })).toEqual({ kind: "applyDeltas", deltas: [file(9, "delta")] });
  });

  test("needs nothing when no delta was written since", () => {
    const marker = { kind: "applied", checkpoint: identity(8) } as const;
    expect(decideLocalStore({ ...facts, marker, chain: [file(5, "base"), file(7, "delta")] })).toEqual({ kind: "applyDeltas", deltas: [] });
  });

  test.each([
    ["a store ahead of the restored checkpoint", { marker: { kind: "applied", checkpoint: identity(10) } }, "not-an-ancestor"],
    ["a store of a checkpoint that the run went back behind", { marker: { kind: "applied", checkpoint: identity(6) } }, "not-an-ancestor"],
    ["a store of a copied directory", { marker: { kind: "applied", checkpoint: identity(9, "t2") } }, "not-an-ancestor"],
    ["a store of another run", { marker: { kind: "applied", checkpoint: identity(9, "t1", "r0") } }, "not-an-ancestor"],
    ["no store", { marker: undefined }, "no-store"],
    ["a store of other key groups", { layoutChanged: true }, "layout-changed"],
    ["a store that a newer base has overtaken", { chain: [file(9, "base")], marker: { kind: "applied", checkpoint: identity(8) } }, "delta-gone"],
    ["a base that was half applied", { chain: [file(9, "base")], marker: { kind: "applying", checkpoint: identity(9) } }, "delta-gone"],
    ["a store whose state has all gone since", { chain: [], marker: { kind: "applied", checkpoint: identity(8) } }, "delta-gone"],
  ] satisfies [string, Partial<LocalStoreFacts>, string][])("rebuilds %s", (_what, change, reason) => {
    expect(decideLocalStore({ ...facts, ...change })).toEqual({ kind: "rebuild", reason });
  });
});

/** One key's change; undefined is a tombstone. */
type Change = readonly [key: string, value: number | undefined];

interface Checkpoint {
  readonly identity: CheckpointIdentity;
  readonly parent: Checkpoint | undefined;
  readonly state: ReadonlyMap<string, number>;
  readonly chain: readonly ChainFile[];
}

/** A store, its checkpoints and its crashes, small enough to see that a decision never gives a wrong store. */
class Model {
  readonly contents = new Map<string, readonly Change[]>();
  readonly store = new Map<string, number>();
  marker: LocalStoreFacts["marker"];
  newest: Checkpoint | undefined;
  nextId = 1;
  token = 1;
  rebuilds = 0;

  take(changes: readonly Change[], asBase: boolean): Checkpoint {
    const state = new Map(this.newest?.state);
    put(state, changes);
    const checkpointId = this.nextId++;
    const full = asBase || this.newest === undefined || this.newest.chain.length === 0;
    const written = file(checkpointId, full ? "base" : "delta");
    this.contents.set(written.file.name, full ? [...state] : changes);
    const before = full ? [] : (this.newest?.chain ?? []);
    const chain = !full && changes.length === 0 ? before : [...before, written];
    this.newest = { identity: identity(checkpointId, `t${this.token}`), parent: this.newest, state, chain };
    return this.newest;
  }

  /** Writes the checkpoint's changes to the store; `cutAfter` of them, when the process dies there. */
  apply(checkpoint: Checkpoint, changes: readonly Change[], cutAfter: number | undefined): void {
    this.marker = { kind: "applying", checkpoint: checkpoint.identity };
    put(this.store, cutAfter === undefined ? changes : changes.slice(0, cutAfter));
    if (cutAfter === undefined) this.marker = { kind: "applied", checkpoint: checkpoint.identity };
  }

  restore(checkpoint: Checkpoint): void {
    const ancestors: CheckpointIdentity[] = [];
    for (let each = checkpoint.parent; each !== undefined; each = each.parent) ancestors.push(each.identity);
    const decision = decideLocalStore({
      marker: this.marker,
      restored: checkpoint.identity,
      ancestors,
      chain: checkpoint.chain,
      layoutChanged: false,
    });
    if (decision.kind === "rebuild") {
      this.rebuilds++;
      this.store.clear();
    }
    const files = decision.kind === "use" ? [] : decision.kind === "rebuild" ? checkpoint.chain : decision.deltas;
    for (const each of files) put(this.store, this.contents.get(each.file.name) ?? []);
    this.marker = { kind: "applied", checkpoint: checkpoint.identity };
    this.newest = checkpoint;
    this.token++;
  }
}

function put(into: Map<string, number>, changes: readonly Change[]): void {
  for (const [key, value] of changes) {
    if (value === undefined) into.delete(key);
    else into.set(key, value);
  }
}

const change = fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.option(fc.nat(9), { nil: undefined }));
const step = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  asBase: fc.boolean(),
  /** What becomes of the store after the checkpoint: applied, left behind, or cut while applying. */
  applied: fc.constantFrom("whole", "whole", "not", "cut"),
  crash: fc.constantFrom("no", "no", "newest", "older"),
});

test("over any checkpoints, cut applications, crashes and returns to older checkpoints the store is what was restored", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const model = new Model();
      const taken: Checkpoint[] = [];
      for (const { changes, asBase, applied, crash } of steps) {
        const inStep = model.newest === undefined || model.marker?.checkpoint.checkpointId === model.newest.identity.checkpointId;
        const checkpoint = model.take(changes, asBase);
        taken.push(checkpoint);
        if (inStep && applied !== "not") model.apply(checkpoint, changes, applied === "cut" ? 1 : undefined);
        const target = crash === "older" ? taken.at(Math.floor(taken.length / 2)) : checkpoint;
        if (target === undefined || (crash === "no" && applied !== "cut")) continue;
        model.restore(target);
        expect(new Map([...model.store].sort())).toEqual(new Map([...target.state].sort()));
      }
    }),
    { numRuns: 500 },
  );
});

test("a crash on the ordinary path never costs a rebuild", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(change, { minLength: 1, maxLength: 4 }), fc.constantFrom("whole", "cut", "not")), { maxLength: 20 }),
      (steps) => {
        const model = new Model();
        const first = model.take([["a", 1]], true);
        model.apply(first, [["a", 1]], undefined);
        for (const [changes, applied] of steps) {
          const checkpoint = model.take(changes, false);
          if (applied !== "not") model.apply(checkpoint, changes, applied === "cut" ? 0 : undefined);
          model.restore(checkpoint);
          expect(model.store).toEqual(checkpoint.state);
        }
        expect(model.rebuilds).toBe(0);
      },
    ),
  );
});
