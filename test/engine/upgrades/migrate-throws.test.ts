import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Codec, type Collector, collection, defineJob, type JobDefinition, type MillraceError, type StartOptions, state, t } from "millrace";
import { describe, expect, it } from "vitest";
import { readings } from "../jobs.ts";
import { countOf, inDirectory, slowSink, startNoted, until } from "../support.ts";

const input = readings(4_000, 7);

describe("a migrate function that throws", () => {
  let calls = 0;

  function job(migrate?: (value: unknown) => { n: number }): JobDefinition {
    return defineJob("throwing", (env) => {
      env
        .from(collection(input), { uid: "readings" })
        .keyBy((reading) => reading.sensor)
        .process(
          {
            state: {
              n: state.value(migrate === undefined ? t.integer() : counted, {
                migrate: migrate === undefined ? undefined : (_from, value) => migrate(value),
              }),
            },
            processElement(reading, { state: { n } }, out: Collector<string>) {
              n.update(n.value() ?? reading.value);
              out.collect(reading.sensor);
            },
          },
          { uid: "count" },
        )
        .to(slowSink(4), { uid: "out" });
    });
  }
  const counted = t.object({ n: t.integer() }) as unknown as ReturnType<typeof t.any>;

  async function begin(directory: string, definition: JobDefinition, options: StartOptions = {}): Promise<void> {
    const { job: started, events } = await startNoted(definition, join(directory, "state"), { batchSize: 8, ...options });
    await until(() => countOf(events, "checkpointCompleted") > 1);
    await started.stop();
  }

  it("is found before anything runs, with uid, state and key, and changes nothing", () =>
    inDirectory(async (directory) => {
      await begin(directory, job());
      const before = await readdir(join(directory, "state", "checkpoints"));
      const broken = job(() => {
        throw new Error("no such account");
      });
      await expect(startNoted(broken, join(directory, "state"))).rejects.toMatchObject({
        code: "STATE_MIGRATION",
        message: 'a value of the state "n" can\'t be migrated: no such account',
        where: { job: "throwing", uid: "count", key: expect.stringMatching(/^"s\d"$/) },
      });
      const misfit = job(() => ({ n: 0.5 }));
      await expect(startNoted(misfit, join(directory, "state"))).rejects.toMatchObject({
        code: "STATE_MIGRATION",
        message: expect.stringContaining("n: expected an integer within"),
      });
      expect(await readdir(join(directory, "state", "checkpoints"))).toEqual(before);
      await begin(directory, job());
    }));

  it("is found before anything runs in broadcast state, too", () =>
    inDirectory(async (directory) => {
      const limited = (migrate?: (value: unknown) => string) =>
        defineJob("limited", (env) => {
          const limits =
            migrate === undefined
              ? { limits: state.map(t.string(), t.integer() as Codec<unknown>) }
              : { limits: state.map(t.string(), t.string() as Codec<unknown>, { migrate: (_from, value) => migrate(value) }) };
          env
            .from(collection(input), { uid: "readings" })
            .connect(env.from(collection(["high"]), { uid: "limits" }).broadcast(limits))
            .process(
              {
                processElement(reading, _context, out: Collector<string>) {
                  out.collect(reading.sensor);
                },
                processBroadcastElement(name, context) {
                  context.broadcastState.limits.put(name, migrate === undefined ? 7 : "7");
                },
              },
              { uid: "limited" },
            )
            .to(slowSink(4), { uid: "out" });
        });
      await begin(directory, limited());
      const broken = limited((value) => {
        throw new Error(`no unit for ${value}`);
      });
      const error: unknown = await startNoted(broken, join(directory, "state")).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "STATE_MIGRATION",
        message: 'a value of the broadcast state "limits" can\'t be migrated: no unit for 7',
      });
      // In no subtask: none was built.
      expect((error as MillraceError).where).toEqual({ job: "limited", uid: "limited", key: '"high"' });
      await begin(
        directory,
        limited((value) => `${value} °C`),
      );
    }));

  for (const backend of ["heap", "disk"] as const) {
    it(`half-way leaves the checkpoint as it was, for the old version and for the new (${backend})`, () =>
      inDirectory(async (directory) => {
        await begin(directory, job(), { backend });
        calls = 0;
        const failing = job((value) => {
          // All keys are tried first: it fails when the state is really being filled.
          if (++calls > 10) throw new Error("the disk is full");
          return { n: Number(value) };
        });
        await expect(startNoted(failing, join(directory, "state"), { backend })).rejects.toThrow("the disk is full");
        expect(calls).toBe(11);
        await begin(directory, job(), { backend });
        await begin(
          directory,
          job((value) => ({ n: Number(value) })),
          { backend },
        );
        await expect(begin(directory, job(), { backend })).rejects.toMatchObject({ code: "RESTORE_REFUSED" });
      }));
  }
});
