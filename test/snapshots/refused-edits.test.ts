import { join } from "node:path";
import { state, t } from "millrace";
import { editState, openSnapshot, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../engine/support.ts";
import { balances, bootstrapped } from "./bank.ts";
import { knownSavepoint } from "./known-savepoint.ts";

describe("the state library", () => {
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
