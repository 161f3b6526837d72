import { defineJob, minutes, outputTag, params, state, t } from "millrace";
import { type BadInputRecord, fileSink, files, jsonLines } from "millrace/files";
import { publishedModel } from "./publication.ts";
import { type Refusal, refusals, type Scored, scoring, serving } from "./scoring.ts";
import { transaction } from "./transactions.ts";

/** Lines that are no publication of a model. */
const unreadable = outputTag<BadInputRecord>("unreadable");

/** Scores card transactions by the newest model; models come in while it runs. A directory may be watched for each of the two. */
export default defineJob(
  "model-serving",
  (env, { transactions: transactionsPath, models: modelsPath, watchMs, out }) => {
    const watch = watchMs > 0 ? { watch: { everyMs: watchMs } } : {};
    const published = env.from(files(modelsPath, jsonLines({ parse: publishedModel }), { ...watch, onError: unreadable }), { uid: "models" });

    const scored = env
      .from(files(transactionsPath, jsonLines({ parse: transaction }), watch), { uid: "transactions" })
      .keyBy(({ card }) => card)
      .connect(published.broadcast(serving))
      .process(scoring(), { uid: "scoring" });
    scored.to(fileSink<Scored>(`${out}/scores`), { uid: "scores-out" });

    scored
      .sideOutput(refusals)
      .union(
        published
          .sideOutput(unreadable)
          .map(({ line, message }): Refusal => ({ version: 0, code: "MODEL_UNREADABLE", message: `line ${line}: ${message}` })),
      )
      // Each subtask of the scoring refuses for itself.
      .keyBy(({ version, code }) => `${version} ${code}`)
      .process(
        {
          state: { told: state.value(t.boolean(), { ttlMs: minutes(10) }) },
          processElement(refusal, { state: { told } }, once: { collect(refusal: Refusal): void }) {
            if (told.value() !== true) once.collect(refusal);
            told.update(true);
          },
        },
        { uid: "refused-once" },
      )
      .to(fileSink<Refusal>(`${out}/refused`), { uid: "refused-out" });
  },
  {
    parameters: {
      transactions: params.string({ description: "JSON lines, made by generate.ts: a path, a glob or a directory" }),
      models: params.string({ description: "JSON lines, made by publish.ts: a path, a glob or a directory" }),
      watchMs: params.number({ default: 0, description: "how often to look for new files, in milliseconds; 0: read what is there, and end" }),
      out: params.string({ default: "out/model-serving", description: "directory of the results" }),
    },
  },
);
