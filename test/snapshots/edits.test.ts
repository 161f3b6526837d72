import { join } from "node:path";
import { editState, openSnapshot, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../engine/support.ts";
import { balances, bootstrapped, resultsFrom } from "./bank.ts";
import { countsOf } from "./counts.ts";

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
});
