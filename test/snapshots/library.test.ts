import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import { nodePorts } from "@millrace/core/node";
import { type Codec, type Collector, collection, defineJob, type JobDefinition, type StateDeclarations, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { bootstrapSavepoint, editState, inspectSnapshot, openSnapshot, type SnapshotReader, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { readings } from "../engine/jobs.ts";
import { inDirectory, published, startNoted, until } from "../engine/support.ts";
import { expectedState, knownStateJob } from "./known-state.ts";

const input = readings(3_000, 5).map((reading, index) => ({ ...reading, value: index % 23 }));

async function knownSavepoint(directory: string): Promise<string> {
  const { job } = await startNoted(knownStateJob(input), join(directory, "state"), { checkpointIntervalMs: 20, parallelism: 2 });
  await until(() => (job.status().operators.find((operator) => operator.uid === "kept")?.recordsIn ?? 0) === input.length);
  const { savepoint } = await job.stop({ savepoint: join(directory, "known") });
  return savepoint?.path ?? "";
}

async function countsOf(reader: SnapshotReader): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const entries of reader.entries()) {
    for (const { uid, state: name } of entries) counts.set(`${uid} ${name}`, (counts.get(`${uid} ${name}`) ?? 0) + 1);
  }
  return counts;
}

const expectedCounts = (uid = "kept") => {
  const counts = new Map<string, number>();
  for (const line of expectedState(input)) {
    const [first, name] = line.split(" ");
    const place = first === "tops" ? "tops accumulators" : `${uid} ${name}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
};

const balances = { balance: state.value(t.integer()), moves: state.list(t.string()), limits: state.map(t.string(), t.integer()) };

/** Adds to balances, and says what they are. */
function bank(moves: readonly { readonly who: string; readonly amount: number }[], out: string, uid = "accounts"): JobDefinition {
  return defineJob("bank", (env) => {
    env
      .from(collection(moves), { uid: "moves" })
      .keyBy((move) => move.who)
      .process(
        {
          state: balances,
          processElement({ who, amount }, { state: { balance, moves: past, limits } }, collector: Collector<string>) {
            balance.update((balance.value() ?? 0) + amount);
            past.add(String(amount));
            collector.collect(`${who} ${balance.value()} ${past.get().length} ${limits.get("day") ?? "no"} limit`);
          },
        },
        { uid },
      )
      .to(fileSink<string>(out), { uid: "out" });
  });
}

async function resultsFrom(directory: string, from: string, uid?: string, options: object = {}): Promise<string[]> {
  const out = join(directory, `out-${Math.floor(performance.now() * 1000)}`);
  const moves = [
    { who: "ann", amount: 1 },
    { who: "bob", amount: 1 },
    { who: "eve", amount: 1 },
  ];
  const { job } = await startNoted(bank(moves, out, uid), `${out}-state`, { from, ...options });
  await job.finished;
  return (await published<string>(out)).sort();
}

/** 1,000 accounts: ann has 10 moves, bob 100. */
async function bootstrapped(directory: string, name = "bootstrapped", maxParallelism = 720): Promise<string> {
  const { path } = await bootstrapSavepoint(bank([], "nowhere"), join(directory, name), {
    maxParallelism,
    edits: {
      accounts: editState(balances, async ({ setKey, state: { balance, moves, limits }, breathe }) => {
        for (let n = 0; n < 1_000; n++) {
          setKey(n === 0 ? "ann" : n === 1 ? "bob" : `other ${n}`);
          balance.update(n === 0 ? 1_000 : n);
          for (let move = 0; move < (n === 1 ? 100 : 10); move++) moves.add(`move ${move}`);
          limits.put("day", 500);
          await breathe();
        }
      }),
    },
  });
  return path;
}

describe("the state library", () => {
  it("bootstraps state that a job then goes on with", () =>
    inDirectory(async (directory) => {
      const path = await bootstrapped(directory);
      const expected = ["ann 1001 11 500 limit", "bob 2 101 500 limit", "eve 1 1 no limit"];
      expect(await resultsFrom(directory, path)).toEqual(expected);
      expect(await resultsFrom(directory, path, undefined, { parallelism: 3, backend: "heap" })).toEqual(expected);
    }));

  it("patches a key, and leaves the rest as it is", () =>
    inDirectory(async (directory) => {
      const from = await bootstrapped(directory);
      const to = join(directory, "patched");
      await transformSavepoint(from, to, {
        edits: {
          accounts: editState(balances, ({ setKey, state: { balance, moves, limits } }) => {
            setKey("ann");
            balance.update((balance.value() ?? 0) - 1_000);
            moves.update(["one"]);
            limits.clear();
            setKey("bob");
            balance.clear();
          }),
        },
      });
      expect(await resultsFrom(directory, to)).toEqual(["ann 1 2 no limit", "bob 1 101 500 limit", "eve 1 1 no limit"]);
      expect(await resultsFrom(directory, from)).toEqual(["ann 1001 11 500 limit", "bob 2 101 500 limit", "eve 1 1 no limit"]);
      const [before, after] = await Promise.all([countsOf(await openSnapshot(from)), countsOf(await openSnapshot(to))]);
      expect([before.get("accounts balance"), after.get("accounts balance")]).toEqual([1_000, 999]);
      expect(after.get("accounts moves")).toBe((before.get("accounts moves") ?? 0) - 9);
    }));

  it("renames and leaves out operators, and changes the max parallelism, with everything in them", () =>
    inDirectory(async (directory) => {
      const from = await knownSavepoint(directory);
      for (const maxParallelism of [1, 64, 1_000]) {
        const to = join(directory, `max-${maxParallelism}`);
        await transformSavepoint(from, to, { maxParallelism, renameUids: { kept: "held" } });
        const reader = await openSnapshot(to);
        expect(await countsOf(reader), `max parallelism ${maxParallelism}`).toEqual(expectedCounts("held"));
        expect(reader.manifest.maxParallelism).toBe(maxParallelism);
      }
      const bank = await bootstrapped(directory);
      await transformSavepoint(bank, join(directory, "renamed"), { maxParallelism: 16, renameUids: { accounts: "ledger" } });
      expect(await resultsFrom(directory, join(directory, "renamed"), "ledger", { parallelism: 3 })).toEqual([
        "ann 1001 11 500 limit",
        "bob 2 101 500 limit",
        "eve 1 1 no limit",
      ]);
      const without = join(directory, "without");
      await transformSavepoint(from, without, { dropUids: ["kept"] });
      expect((await openSnapshot(without)).keyedUids).toEqual(["tops"]);
    }));

  it("refuses a checkpoint that holds records under way, and says what to do instead", () =>
    inDirectory(async (directory) => {
      const from = await bootstrapped(directory);
      const { manifest } = await openSnapshot(from);
      const checkpoints = join(directory, "checkpoints");
      await mkdir(checkpoints);
      const storage = createFileCheckpointStorage({ files: nodePorts.files, directory: checkpoints });
      const file = await storage.writeData("accounts-0-000001.inflight", [Uint8Array.of(1, 0, 0, 0, 7)]);
      const channel = { from: "moves", output: "", input: 0, sender: 0, watermark: "min", idle: false, age: 0, elements: 1 } as const;
      const subtasks = [{ subtask: 0, inFlight: { file, channels: [channel] } }];
      await storage.writeManifest({ ...manifest, kind: "checkpoint", operators: [{ uid: "accounts", subtasks }] });
      const to = join(directory, "to");
      await expect(transformSavepoint(checkpoints, to, { jobName: "other" })).rejects.toMatchObject({
        code: "EDIT_IN_FLIGHT",
        hint: expect.stringContaining("take a savepoint"),
      });
      await expect(openSnapshot(to)).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
      // What was on its way to an operator goes with it.
      await transformSavepoint(checkpoints, to, { dropUids: ["accounts"] });
    }));

  it("takes the plan of a job that has more state, and refuses one by which what there is would not be read", () =>
    inDirectory(async (directory) => {
      const from = await bootstrapped(directory);
      const version = (uid: string, states: StateDeclarations, options: object = {}): JobDefinition =>
        defineJob("bank", (env) => {
          env
            .from(collection([{ who: "ann", amount: 1 }]), { uid: "moves" })
            .keyBy((move) => move.who)
            .process({ state: states, processElement: (_move, _context, _out: Collector<string>) => undefined }, { uid, ...options })
            .to(fileSink<string>("nowhere"), { uid: "out" });
        });
      const { balance, ...others } = balances;
      for (const [job, reason] of [
        [version("accounts", { ...balances, balance: state.value(t.number()) }), "balance: migrated (the value: integer → number)"],
        [version("accounts", { ...balances, balance: state.value(t.boolean()) }), 'accounts, state "balance": the value: integer → boolean'],
        [version("accounts", { ...others, saldo: state.value(t.integer(), { aliases: ["balance"] }) }), "saldo: migrated (was balance)"],
        [version("accounts", others), 'accounts, state "balance": it is not declared any more'],
        [version("ledger", balances, { uidAliases: ["accounts"] }), "ledger (keyedProcess): migrated, was accounts"],
        [version("ledger", balances), 'accounts: keyedProcess with the state "balance", the state "moves", the state "limits": it is not in the job'],
      ] as const) {
        await expect(transformSavepoint(from, join(directory, "to"), { job }), reason).rejects.toMatchObject({
          code: "EDIT_PLAN",
          message: expect.stringContaining(reason),
        });
      }
      const more = { ...balances, open: state.value(t.boolean()) };
      const grown = { job: version("ledger", more, { maxParallelism: 30 }), renameUids: { accounts: "ledger" }, maxParallelism: 100 };
      const edits = {
        ledger: editState(more, ({ setKey, state: { open } }) => {
          setKey("ann");
          open.update(true);
        }),
      };
      await transformSavepoint(from, join(directory, "to"), { ...grown, edits });
      const reader = await openSnapshot(join(directory, "to"));
      expect([await countsOf(reader), reader.keyGroupsOf("ledger")]).toEqual([
        new Map([...(await countsOf(await openSnapshot(from)))].map(([place, count]) => [place.replace("accounts", "ledger"), count])).set(
          "ledger open",
          1,
        ),
        30,
      ]);
    }));

  it("refuses state and timers where no function would ever meet them", () =>
    inDirectory(async (directory) => {
      const from = await knownSavepoint(directory);
      const timerAt = (time: number) =>
        editState({}, ({ setKey, timers }) => {
          setKey(["s1", 1]);
          timers.registerEventTimeTimer(time);
        });
      for (const [code, message, edits] of [
        ["EDIT_STATE", "a source has no keyed state", { readings: timerAt(5) }],
        ["EDIT_STATE", "it lies in windows", { tops: timerAt(5) }],
        ["TIME_TIMESTAMP", "not 0.5", { kept: timerAt(0.5) }],
        ["TIME_TIMESTAMP", "not NaN", { kept: timerAt(Number.NaN) }],
      ] as const) {
        await expect(transformSavepoint(from, join(directory, "to"), { edits }), message).rejects.toMatchObject({
          code,
          message: expect.stringContaining(message),
        });
      }
      await transformSavepoint(from, join(directory, "to"), { edits: { kept: timerAt(5) } });
    }));

  it("takes values of classes that only the job knows for whole", () =>
    inDirectory(async (directory) => {
      const instanceOfElsewhere: Codec<unknown> = {
        ...t.any(),
        encode(_value, writer) {
          writer.u8(14);
          writer.string("Elsewhere");
          writer.u8(0);
        },
      };
      const seen = { last: state.value(instanceOfElsewhere) };
      const job = defineJob("elsewhere", (env) => {
        env
          .from(collection(["ann"]), { uid: "names" })
          .keyBy((name) => name)
          .process({ state: seen, processElement: (_name, _context, _out: Collector<string>) => undefined }, { uid: "seen" })
          .to(fileSink<string>("nowhere"), { uid: "out" });
      });
      const edit = editState(seen, ({ setKey, state: { last } }) => {
        for (const name of ["ann", "bob"]) {
          setKey(name);
          last.update({});
        }
      });
      const reader = await openSnapshot((await bootstrapSavepoint(job, join(directory, "to"), { edits: { seen: edit } })).path);
      await expect(countsOf(reader)).rejects.toMatchObject({ code: "CODEC_CLASS" });
      const { damage, operators } = await inspectSnapshot(reader);
      expect([damage, operators[0]?.keyed?.states]).toMatchObject([[], [{ name: "last", entries: 2 }]]);
    }));

  it("refuses what does not fit, and leaves nothing behind", () =>
    inDirectory(async (directory) => {
      const from = await bootstrapped(directory);
      const to = join(directory, "to");
      const nothing = () => undefined;
      for (const [code, changes] of [
        ["SNAPSHOT_UID", { renameUids: { nobody: "x" } }],
        ["EDIT_STATE", { edits: { nobody: editState({}, nothing) } }],
        ["EDIT_STATE", { edits: { accounts: editState({ lost: state.value(t.string()) }, nothing) } }],
        ["EDIT_STATE", { edits: { accounts: editState({ balance: state.value(t.string()) }, nothing) } }],
        ["EDIT_STATE", { edits: { accounts: editState({ limits: state.map(t.integer(), t.integer()) }, nothing) } }],
        ["EDIT_MAX_PARALLELISM", { maxParallelism: 0 }],
        [
          "STATE_KEY",
          {
            edits: {
              accounts: editState(balances, ({ setKey }) => {
                setKey(7);
              }),
            },
          },
        ],
      ] as const) {
        await expect(transformSavepoint(from, to, changes), code).rejects.toMatchObject({ code });
        await expect(openSnapshot(to)).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
      }
      const failing = transformSavepoint(from, to, {
        edits: {
          accounts: editState(balances, () => {
            throw new Error("mine");
          }),
        },
      });
      await expect(failing).rejects.toThrow("mine");
      await expect(openSnapshot(to)).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
      await expect(transformSavepoint(from, from, {})).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS" });
    }));
});
