import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type } from "arktype";
import { collect, type DataStream, defineJob, outputTag, startJob } from "millrace";
import { type BadInputRecord, csv, type Format, files, jsonLines, type OnBadRecord, type Parse } from "millrace/files";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { inDirectory } from "./support.ts";

interface Order {
  id: number;
  item: { name: string };
}

const schemas: Readonly<Record<string, Parse<unknown, Order>>> = {
  zod: z.object({ id: z.number().int(), item: z.object({ name: z.string().min(1) }) }),
  valibot: v.object({ id: v.pipe(v.number(), v.integer()), item: v.object({ name: v.pipe(v.string(), v.minLength(1)) }) }),
  arktype: type({ id: "number.integer", item: { name: "string > 0" } }),
};

const good = { id: 1, item: { name: "tea" } };
const jsonText = `${JSON.stringify(good)}\n${JSON.stringify({ id: 2, item: { name: "" } })}\n${JSON.stringify(good)}\n`;

const bad = outputTag<BadInputRecord>("bad");

/** The records of a file, the bad ones, and how many were left out. */
async function read<T>(directory: string, text: string, format: Format<T>, onError: OnBadRecord) {
  const path = join(directory, "in.txt");
  await writeFile(path, text);
  const [records, refused] = [collect<T>(), collect<BadInputRecord>()];
  const job = defineJob("read", (env) => {
    const all: DataStream<T> = env.from(files(path, format, { onError }), { uid: "in", sideOutputs: [bad] });
    all.to(records, { uid: "out" });
    all.sideOutput(bad).to(refused, { uid: "bad" });
  });
  await (await startJob(job, { ephemeral: true, restart: { kind: "none" } })).finished;
  return { records: records.values, refused: refused.values };
}

describe.each(Object.entries(schemas))("a schema of %s", (_, schema) => {
  it("types and checks lines of JSON: a bad one fails the job with file, line and field", () =>
    inDirectory(async (directory) => {
      const failed = expect.objectContaining({
        code: "SOURCE_RECORD",
        message: expect.stringMatching(/in\.txt:2.*item\.name/),
        where: expect.objectContaining({ uid: "in", position: expect.stringMatching(/in\.txt:2$/) }),
      });
      await expect(read(directory, jsonText, jsonLines({ parse: schema }), "fail")).rejects.toThrow(failed);
    }));

  it("leaves bad ones out, or sends them to a side output with their field", () =>
    inDirectory(async (directory) => {
      const skipping = await read(directory, jsonText, jsonLines({ parse: schema }), "skip");
      expect(skipping).toEqual({ records: [good, good], refused: [] });
      const aside = await read(directory, jsonText, jsonLines({ parse: schema }), bad);
      expect(aside.records).toEqual([good, good]);
      expect(aside.refused).toMatchObject([{ line: 2, field: "item.name", text: '{"id":2,"item":{"name":""}}' }]);
    }));
});

describe("a schema over CSV", () => {
  const row = z.object({ at: z.string(), n: z.coerce.number().max(10) });

  it("gets rows of strings, may convert them, and its errors name the column", () =>
    inDirectory(async (directory) => {
      const format = csv({ parse: row });
      expectTypeOf(format).toEqualTypeOf<Format<{ at: string; n: number }>>();
      const { records, refused } = await read(directory, "at,n\na,7\nb,70\n", format, bad);
      expect(records).toEqual([{ at: "a", n: 7 }]);
      expect(refused).toMatchObject([{ line: 3, column: 2, field: "n" }]);
    }));
});

describe("a schema that answers asynchronously", () => {
  it("fails the job whatever is done with bad records, and says what to do", () =>
    inDirectory(async (directory) => {
      const slow = z.object({ id: z.number().refine(async (id) => id > 0) });
      await expect(read(directory, '{"id":1}\n', jsonLines({ parse: slow }), "skip")).rejects.toThrow(
        expect.objectContaining({ code: "SOURCE_OPTIONS", hint: expect.stringContaining("orderedWait") }),
      );
    }));
});
