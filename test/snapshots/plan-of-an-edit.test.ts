import { join } from "node:path";
import { type Collector, collection, defineJob, type JobDefinition, type StateDeclarations, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { editState, openSnapshot, transformSavepoint } from "millrace/state";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../engine/support.ts";
import { balances, bootstrapped } from "./bank.ts";
import { countsOf } from "./counts.ts";

describe("the state library", () => {
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
});
