import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BegunDecision, decideRun, openStateDirectory, parseSnapshotChoice, type RunEnd, readRuns } from "../../src/state-directory/index.ts";
import { errorOf, Machine } from "./machine.ts";

const path = "/project/.millrace/flights";
const plain = { fresh: false, from: undefined };

/** One process: opens, decides, begins, and ends as told; undefined is a crash. */
async function run(machine: Machine, pid: number, end: RunEnd | undefined, flags: { fresh?: boolean; from?: string } = {}) {
  const directory = await openStateDirectory(machine.options(pid));
  const from = flags.from === undefined ? undefined : parseSnapshotChoice(flags.from);
  const decision = decideRun(directory.runs, { fresh: flags.fresh ?? false, from });
  if (decision.kind === "refuse") {
    await directory.close();
    throw decision.error;
  }
  const active = await directory.beginRun(decision, undefined);
  if (end !== undefined) {
    await active.end(end);
    await directory.close();
  }
  machine.kill(pid);
  return { decision, active, directory };
}

describe("the next run", () => {
  test.each([
    ["a crash", undefined],
    ["a failure", "failed"],
    ["an interruption", "stopped"],
  ] as const)("resumes after %s, under the same id and with the next attempt", async (_what, end) => {
    const machine = new Machine();
    const first = await run(machine, 1, end);
    const second = await run(machine, 2, end);
    expect(second.decision).toMatchObject({ kind: "resume", runId: first.active.runId, attempt: 2 });
    expect(second.active).toMatchObject({ runId: first.active.runId, firstCheckpointId: first.active.firstCheckpointId });
    expect((await run(machine, 3, end)).active.attempt).toBe(3);
  });

  test.each(["finished", "savepoint", "cancelled"] as const)("starts anew after one that ended by %s", async (end) => {
    const machine = new Machine();
    const first = await run(machine, 1, end);
    const second = await run(machine, 2, end);
    expect(second.decision).toMatchObject({ kind: "new", previous: { runId: first.active.runId, end }, abandons: undefined });
    expect(second.active.runId).not.toBe(first.active.runId);
    expect(second.active.firstCheckpointId).toBeGreaterThan(first.active.firstCheckpointId);
  });

  test("abandons an unfinished one with --fresh, and puts its checkpoints aside", async () => {
    const machine = new Machine();
    const first = await run(machine, 1, undefined);
    machine.disk.tamper(`${path}/local/store`, new Uint8Array());
    await machine.disk.makeDirectory(`${path}/checkpoints/data`);
    machine.disk.tamper(`${path}/checkpoints/chk-000001.json`, new Uint8Array([1]));
    const second = await run(machine, 2, undefined, { fresh: true });
    expect(second.decision).toMatchObject({ kind: "new", abandons: first.active.runId });
    expect([...machine.disk.contents.keys()]).toContain(`${second.directory.setAsidePath(first.active.runId)}/chk-000001.json`);
    expect(await machine.disk.list(`${path}/checkpoints`)).toEqual([]);
    expect(await machine.disk.list(`${path}/local`)).toEqual([]);
    expect((await run(machine, 3, "finished")).decision).toMatchObject({ kind: "resume", runId: second.active.runId });
  });

  test("remembers over all attempts what the run was started from", async () => {
    const machine = new Machine();
    await run(machine, 1, undefined, { from: "/savepoints/monday" });
    expect((await run(machine, 2, undefined)).active.startedFrom).toBe("/savepoints/monday");
  });

  test("goes back within an unfinished run, and is refused another snapshot over it", async () => {
    const machine = new Machine();
    await run(machine, 1, "finished");
    const { active } = await run(machine, 2, undefined);
    expect((await run(machine, 3, undefined, { from: `chk-${active.firstCheckpointId}` })).decision).toMatchObject({
      kind: "resume",
      checkpointId: active.firstCheckpointId,
    });
    for (const from of ["/savepoints/monday", "chk-1"]) {
      const error = await errorOf(() => run(machine, 4, undefined, { from }));
      expect(error).toMatchObject({ code: "RUN_UNFINISHED", hint: expect.stringContaining("--fresh") });
    }
    expect((await run(machine, 5, undefined, { from: "chk-1", fresh: true })).active.startedFrom).toBe("chk-1");
  });

  test("starts from any snapshot when nothing is unfinished", () => {
    const from = { kind: "path", path: "/savepoints/monday" } as const;
    expect(decideRun([], { fresh: false, from })).toEqual({ kind: "new", from, previous: undefined, abandons: undefined });
  });
});

describe("runs.jsonl", () => {
  test("is read without its torn last line, which the next line does not join", async () => {
    const machine = new Machine();
    await run(machine, 1, "finished");
    const file = `${path}/runs.jsonl`;
    const whole = machine.disk.contents.get(file) ?? new Uint8Array();
    for (let length = 0; length <= whole.length; length++) {
      machine.disk.tamper(file, whole.slice(0, length));
      const runs = await readRuns(machine.disk, file);
      const lines = [...whole.slice(0, length)].filter((byte) => byte === 0x0a).length;
      expect(runs.map(({ end }) => end)).toEqual(lines === 0 ? [] : [lines === 1 ? undefined : "finished"]);
    }
    machine.disk.tamper(file, Uint8Array.from([...whole, ...whole.slice(0, 20)]));
    await run(machine, 2, "cancelled");
    expect((await readRuns(machine.disk, file)).map(({ end }) => end)).toEqual(["finished", "cancelled"]);
  });

  test.each(["{}\n", "not json\n", '{"event":"end","runId":"r","attempt":1,"end":"finished","endedAtMs":1}\n'])(
    "is not believed when it says %j",
    async (text) => {
      const machine = new Machine();
      machine.disk.tamper(`${path}/runs.jsonl`, new TextEncoder().encode(text));
      expect(await errorOf(() => readRuns(machine.disk, `${path}/runs.jsonl`))).toMatchObject({ code: "STATE_CORRUPT" });
    },
  );

  test("can be read when a run whose lock was broken has told of its end behind the start of the next", async () => {
    const machine = new Machine();
    const [first, second] = [await run(machine, 1, undefined), await run(machine, 2, undefined)];
    expect(second.active).toMatchObject({ runId: first.active.runId, attempt: 2 });
    const { runId, attempt } = first.active;
    const file = `${path}/runs.jsonl`;
    const late = JSON.stringify({ event: "end", runId, attempt, end: "finished", endedAtMs: 1 });
    machine.disk.tamper(file, new Uint8Array([...(machine.disk.contents.get(file) ?? []), ...new TextEncoder().encode(`${late}\n`)]));
    expect((await readRuns(machine.disk, file)).map((each) => [each.attempt, each.end])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
  });

  test("is left alone by a run whose lock was broken", async () => {
    const there = new Machine("there");
    const first = await openStateDirectory(there.options(1));
    const active = await first.beginRun(decideRun(first.runs, plain) as BegunDecision, undefined);
    await openStateDirectory(new Machine("here", there.disk).options(1, { breakLock: true }));
    const before = there.disk.contents.get(`${path}/runs.jsonl`);
    expect(await errorOf(() => active.end("failed"))).toMatchObject({ code: "STATE_LOCK_LOST" });
    expect(there.disk.contents.get(`${path}/runs.jsonl`)).toEqual(before);
  });

  test("after a crash at any step of --fresh never leads back to the abandoned run without its checkpoints", async () => {
    for (let at = 1; ; at++) {
      const machine = new Machine();
      const first = await run(machine, 1, undefined);
      await machine.disk.makeDirectory(`${path}/checkpoints/data`);
      machine.disk.tamper(`${path}/checkpoints/chk-000001.json`, new Uint8Array([1]));
      machine.disk.fault = { at: machine.disk.operations + at, kind: "crash", code: "EIO" };
      const error = await errorOf(() => run(machine, 2, undefined, { fresh: true }));
      machine.disk.fault = undefined;
      machine.kill(2);
      if (error === undefined) {
        expect(at).toBeGreaterThan(10);
        return;
      }
      const directory = await openStateDirectory(machine.options(3));
      const decision = decideRun(directory.runs, plain);
      if (decision.kind === "refuse") throw decision.error;
      const resumesFirst = decision.kind === "resume" && decision.runId === first.active.runId;
      if (resumesFirst) expect(await machine.disk.list(directory.checkpoints)).toContain("chk-000001.json");
      await directory.beginRun(decision, undefined);
      if (!resumesFirst) expect(await machine.disk.list(directory.setAsidePath(first.active.runId))).toContain("chk-000001.json");
    }
  });
});

test("checkpoint ids never repeat over crashes, orderly ends, fresh starts and loss of the mark", async () => {
  const life = fc.record({
    ids: fc.integer({ min: 0, max: 40 }),
    end: fc.constantFrom<RunEnd | undefined>(undefined, "finished", "stopped"),
    fresh: fc.boolean(),
    damage: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { maxLength: 8 }), async (lives) => {
      const machine = new Machine();
      let greatest = 0;
      for (const [index, { ids, end, fresh, damage }] of lives.entries()) {
        const directory = await openStateDirectory(machine.options(index + 1));
        const decision = decideRun(directory.runs, { fresh, from: undefined });
        if (decision.kind === "refuse") throw decision.error;
        const active = await directory.beginRun(decision, undefined);
        if (decision.kind === "new") {
          expect(active.firstCheckpointId).toBeGreaterThan(greatest);
          greatest = active.firstCheckpointId;
        }
        const taken = await Promise.all(Array.from({ length: ids }, () => active.checkpointIds.next()));
        for (const id of taken) {
          expect(id).toBeGreaterThan(greatest);
          greatest = id;
        }
        await machine.disk.makeDirectory(`${path}/checkpoints`);
        if (end !== undefined) {
          await active.end(end);
          await directory.close();
        }
        machine.kill(index + 1);
        if (damage && greatest > 0) {
          machine.disk.tamper(`${path}/checkpoints/chk-${String(greatest).padStart(6, "0")}.json`, new Uint8Array([1]));
          machine.disk.tamper(`${path}/checkpoint-ids.json`, new TextEncoder().encode("{torn"));
        }
      }
    }),
  );
});

test("an orderly end leaves no gap in the checkpoint ids", async () => {
  const machine = new Machine();
  const seen: number[] = [];
  for (const pid of [1, 2, 3]) {
    const directory = await openStateDirectory(machine.options(pid));
    const decision = decideRun(directory.runs, plain);
    if (decision.kind === "refuse") throw decision.error;
    const active = await directory.beginRun(decision, undefined);
    seen.push(await active.checkpointIds.next());
    await active.end("stopped");
    await directory.close();
  }
  expect(seen).toEqual([2, 3, 4]);
});
