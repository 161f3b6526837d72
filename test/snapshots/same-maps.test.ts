import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { compareSnapshots, openSnapshotReader, type SnapshotReader } from "@millrace/snapshots";
import { type Collector, collection, datagen, defineJob, discard, type JobDefinition, state, t } from "millrace";
import { expect, it } from "vitest";
import { inDirectory, startNoted, until } from "../engine/support.ts";

const KEYS = 50;

interface Change {
  readonly key: number;
  readonly field: number;
  readonly removed?: true;
}

/** For each key fields that are put, then removed. */
function changes(put: readonly number[], removed: readonly number[] = []): readonly Change[] {
  const keys = Array.from({ length: KEYS }, (_, key) => key);
  return keys.flatMap((key) => [...put.map((field) => ({ key, field })), ...removed.map((field): Change => ({ key, field, removed: true }))]);
}

function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}

/** Does not end when its input does. */
function mapsJob(input: readonly Change[]): JobDefinition {
  return defineJob("maps", (env) => {
    const ticks = env.from(datagen({ generate: (): Change => ({ key: -1, field: 0 }), ratePerSecond: 1 }), { uid: "ticks" });
    env
      .from(collection(input), { uid: "input" })
      .union(ticks)
      .filter(({ key }) => key >= 0)
      .keyBy(({ key }) => key)
      .process(
        {
          state: { numbers: state.map(t.integer(), t.integer()), texts: state.map(t.string(), t.integer()) },
          processElement({ key, field, removed }, { state: { numbers, texts } }, _out: Collector<string>) {
            if (removed) {
              numbers.remove(field);
              texts.remove(`${field}`);
            } else {
              numbers.put(field, key);
              texts.put(`${field}`, key);
            }
          },
        },
        { uid: "kept" },
      )
      .to(discard(), { uid: "out" });
  });
}

/** The path of a savepoint at the end of the input. */
async function savepoint(input: readonly Change[], stateDir: string, from?: string): Promise<string> {
  const { job } = await startNoted(mapsJob(input), stateDir, { backend: "heap", ...(from === undefined ? {} : { from }) });
  if (from === undefined) await until(() => (job.status().operators.find(({ uid }) => uid === "kept")?.recordsIn ?? 0) === input.length);
  return (await job.stop({ savepoint: true })).savepoint?.path ?? "";
}

async function compared(directory: string, paths: readonly [string, string]) {
  const [first, second] = await Promise.all(paths.map((path) => openSnapshotReader(nodePorts.files, path, join(directory, "scratch"))));
  const differences = await compareSnapshots(first as SnapshotReader, second as SnapshotReader);
  return Object.fromEntries(differences.map(({ state: name, added, removed, changed, same }) => [name, [added, removed, changed, same]]));
}

it("maps that nothing was put into between two savepoints are the same in both", () =>
  inDirectory(async (directory) => {
    const input = changes(upTo(7).map((field) => field * 7));
    const before = await savepoint(input, join(directory, "first"));
    const after = await savepoint(input, join(directory, "second"), before);
    expect(await compared(directory, [before, after])).toMatchObject({ numbers: [0, 0, 0, KEYS], texts: [0, 0, 0, KEYS] });
  }));

it("maps with the same entries are the same, in whatever order and pages these are", () =>
  inDirectory(async (directory) => {
    const grown = await savepoint(changes(upTo(800), upTo(800, 100)), join(directory, "first"));
    const turned = await savepoint(changes(upTo(100).reverse()), join(directory, "second"));
    expect(await compared(directory, [grown, turned])).toMatchObject({ numbers: [0, 0, 0, KEYS], texts: [0, 0, 0, KEYS] });
    const others = await savepoint(changes(upTo(101), [3]), join(directory, "third"));
    expect(await compared(directory, [grown, others])).toMatchObject({ numbers: [0, 0, KEYS, 0], texts: [0, 0, KEYS, 0] });
  }));
