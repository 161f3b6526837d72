import { join } from "node:path";
import { type Collector, collection, defineJob, type JobDefinition, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { bootstrapSavepoint, editState } from "millrace/state";
import { published, startNoted } from "../engine/support.ts";

/** The state of an account. */
export const balances = { balance: state.value(t.integer()), moves: state.list(t.string()), limits: state.map(t.string(), t.integer()) };

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

/** What a run from the savepoint tells when ann, bob and eve each move 1. */
export async function resultsFrom(directory: string, from: string, uid?: string, options: object = {}): Promise<string[]> {
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
export async function bootstrapped(directory: string, name = "bootstrapped", maxParallelism = 720): Promise<string> {
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
