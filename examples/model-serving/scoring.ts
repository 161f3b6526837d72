import { type Collector, days, type KeyedBroadcastProcessFunction, outputTag, state, t } from "millrace";
import { featuresOf } from "./features.ts";
import { LoadedModels } from "./loaded-models.ts";
import { type Model, ModelRefused, model, type RefusalCode } from "./model.ts";
import type { Transaction } from "./transactions.ts";

/** A transaction with its score, and the version of the model that gave it. */
export interface Scored {
  readonly id: number;
  readonly card: string;
  readonly score: number;
  readonly version: number;
}

/** A model that is not served, and why; the one before it goes on. */
export interface Refusal {
  readonly version: number;
  readonly code: RefusalCode | "MODEL_NOT_NEWER";
  readonly message: string;
}

export const refusals = outputTag<Refusal>("refusals");

/** What models come in on: one entry, replaced whole, so that an element sees one version or the other. */
export const serving = { models: state.map(t.string(), model) };
const current = "current";

const keyed = {
  history: state.value(t.object({ count: t.integer(), meanCents: t.number(), recent: t.number(), at: t.integer() }), { ttlMs: days(90) }),
  waiting: state.list(t.object({ id: t.integer(), card: t.string(), features: t.array(t.number()) }), { ttlMs: days(1) }),
};

/**
 * Scores transactions by card, each by the model that is there when it comes. Those that come before the first model wait for
 * it with the features of their time.
 */
export function scoring(): KeyedBroadcastProcessFunction<string, Transaction, Model, Scored, typeof serving, typeof keyed> {
  const loaded = new LoadedModels();
  const scored = (
    { id, card, features }: { readonly id: number; readonly card: string; readonly features: readonly number[] },
    by: Model,
  ): Scored => ({
    id,
    card,
    score: loaded.of(by.onnx).score(features),
    version: by.version,
  });
  return {
    state: keyed,
    sideOutputs: [refusals],
    processElement(transaction, { state: { history, waiting }, broadcastState: { models } }, out) {
      const { id, card } = transaction;
      const { features, history: after } = featuresOf(history.value(), transaction);
      history.update(after);
      const by = models.get(current);
      if (by === undefined) waiting.add({ id, card, features: [...features] });
      else out.collect(scored({ id, card, features }, by));
    },
    processBroadcastElement(next, context, out) {
      const { models } = context.broadcastState;
      const before = models.get(current);
      const refusal = refusalOf(next, before, loaded);
      if (refusal !== undefined) return context.output(refusals, refusal);
      models.put(current, next);
      if (before === undefined) context.applyToKeyedState("waiting", (_card, waiting) => scoreAll(waiting, next, out));
    },
  };

  function scoreAll(waiting: { get(): Iterable<Parameters<typeof scored>[0]>; clear(): void }, by: Model, out: Collector<Scored>): void {
    for (const one of waiting.get()) out.collect(scored(one, by));
    waiting.clear();
  }
}

/** undefined: it is to be served. */
function refusalOf({ version, onnx }: Model, before: Model | undefined, loaded: LoadedModels): Refusal | undefined {
  if (before !== undefined && version <= before.version) {
    return { version, code: "MODEL_NOT_NEWER", message: `version ${before.version} is served already` };
  }
  try {
    loaded.of(onnx);
    return undefined;
  } catch (error) {
    if (!(error instanceof ModelRefused)) throw error;
    return { version, code: error.code, message: error.message };
  }
}
