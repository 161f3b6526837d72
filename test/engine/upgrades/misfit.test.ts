import { join } from "node:path";
import { type Collector, collection, defineJob, type JobDefinition, type StartOptions, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { readings } from "../jobs.ts";
import { countOf, inDirectory, published, slowed, startNoted, until } from "../support.ts";

const input = readings(4_000, 7);

describe("a snapshot that does not fit", () => {
  it("is refused with every problem, and what is dropped on purpose does not come back", () =>
    inDirectory(async (directory) => {
      const stateDir = join(directory, "state");
      const job = (states: { readonly a?: "value" | "list"; readonly b?: boolean }) =>
        defineJob("shrinking", (env) => {
          const keyed = env.from(collection(input), { uid: "readings" }).keyBy((reading) => reading.sensor);
          const a = states.a === "list" ? state.list(t.integer()) : state.value(t.integer());
          const declared = { ...(states.a === undefined ? {} : { a }), ...(states.b === true ? { b: state.value(t.integer()) } : {}) };
          keyed
            .process(
              {
                state: declared as { a: ReturnType<typeof state.value<number>>; b: ReturnType<typeof state.value<number>> },
                processElement(reading, { state: { a: one, b } }, out: Collector<string>) {
                  if (states.a === "value") one.update(reading.value);
                  out.collect(states.b === true ? `b ${b.value()}` : "no b");
                  if (states.b === true) b.update(reading.value);
                },
              },
              { uid: "shrinking" },
            )
            .to(slowed(fileSink<string>(join(directory, "out")), 6), { uid: "out" });
        });
      const run = async (definition: JobDefinition, options: StartOptions = {}): Promise<number> => {
        const { job: started, events } = await startNoted(definition, stateDir, { batchSize: 8, ...options });
        await until(() => countOf(events, "checkpointCompleted") > 1);
        await started.stop();
        return countOf(events, "warning");
      };
      await run(job({ a: "value", b: true }));
      await expect(run(job({ a: "list" }))).rejects.toMatchObject({
        code: "RESTORE_REFUSED",
        message: expect.stringMatching(
          /shrinking, state "a": it was value state and is list state[\s\S]*shrinking, state "b": it is not declared any more/,
        ),
      });
      expect(await run(job({ a: "list" }), { allowDrop: ["shrinking"] })).toBe(1);
      expect(await run(job({ a: "list", b: true }))).toBe(0);
      const lines = await published<string>(join(directory, "out"));
      expect(lines.filter((line) => line === "b undefined")).toHaveLength(2 * new Set(input.map(({ sensor }) => sensor)).size);
    }));
});
