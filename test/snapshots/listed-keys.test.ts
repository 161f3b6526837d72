import { join } from "node:path";
import { collection, defineJob, discard, state, t } from "millrace";
import { bootstrapSavepoint, editState, openSnapshot } from "millrace/state";
import { describe, expect, it } from "vitest";
import { stateGetCommand, stateListCommand } from "../../apps/cli/src/commands/state.ts";
import { FakeIo } from "../../apps/cli/test/fake-io.ts";
import { inDirectory } from "../engine/support.ts";

const declared = { moves: state.list(t.integer()) };
const numbered = { seen: state.value(t.integer()) };

const job = defineJob("lists", (env) => {
  const words = env.from(collection(["a"]), { uid: "words" });
  words
    .keyBy((word) => word.length)
    .process({ state: numbered, processElement() {} }, { uid: "lengths" })
    .to(discard(), { uid: "gone" });
  words
    .keyBy((word) => word)
    .process({ state: declared, processElement() {} }, { uid: "words-seen" })
    .to(discard(), { uid: "gone-too" });
});

async function written(directory: string): Promise<string> {
  const { path } = await bootstrapSavepoint(job, join(directory, "lists"), {
    maxParallelism: 1,
    edits: {
      lengths: editState(numbered, ({ setKey, state: { seen } }) => {
        setKey(1);
        seen.update(1);
      }),
      "words-seen": editState(declared, ({ setKey, state: { moves } }) => {
        for (const key of ["a", "b", "c"]) {
          setKey(key);
          moves.addAll(Array.from({ length: 300 }, (_, n) => n));
        }
      }),
    },
  });
  return path;
}

describe("keys of lists with pages", () => {
  it("are listed once", () =>
    inDirectory(async (directory) => {
      const io = new FakeIo();
      await stateListCommand(await written(directory), "words-seen", "moves", {}, io);
      expect(io.out.text.trimEnd().split("\n")).toEqual(['"a"', '"b"', '"c"']);
    }));
  it("come in order", () =>
    inDirectory(async (directory) => {
      const io = new FakeIo();
      await stateGetCommand(await written(directory), "words-seen", "moves", "b", {}, io);
      expect(
        io.out.text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).index),
      ).toEqual(Array.from({ length: 300 }, (_, n) => n));
    }));
  it("of any operator", () =>
    inDirectory(async (directory) => {
      const reader = await openSnapshot(await written(directory));
      let found = 0;
      for await (const entries of reader.entries({ key: "b" })) found += entries.length;
      expect(found).toBe(300);
    }));
});
