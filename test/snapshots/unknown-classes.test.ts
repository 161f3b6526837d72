import { join } from "node:path";
import { type Codec, type Collector, collection, defineJob, state, t } from "millrace";
import { fileSink } from "millrace/files";
import { bootstrapSavepoint, editState, inspectSnapshot, openSnapshot } from "millrace/state";
import { describe, expect, it } from "vitest";
import { inDirectory } from "../engine/support.ts";
import { countsOf } from "./counts.ts";

describe("the state library", () => {
  it("takes values of classes that only the job knows for whole", () =>
    inDirectory(async (directory) => {
      const instanceOfElsewhere: Codec<unknown> = {
        ...t.any(),
        encode(_value, writer) {
          writer.u8(14);
          writer.string("Elsewhere");
          writer.u8(0);
        },
      };
      const seen = { last: state.value(instanceOfElsewhere) };
      const job = defineJob("elsewhere", (env) => {
        env
          .from(collection(["ann"]), { uid: "names" })
          .keyBy((name) => name)
          .process({ state: seen, processElement: (_name, _context, _out: Collector<string>) => undefined }, { uid: "seen" })
          .to(fileSink<string>("nowhere"), { uid: "out" });
      });
      const edit = editState(seen, ({ setKey, state: { last } }) => {
        for (const name of ["ann", "bob"]) {
          setKey(name);
          last.update({});
        }
      });
      const reader = await openSnapshot((await bootstrapSavepoint(job, join(directory, "to"), { edits: { seen: edit } })).path);
      await expect(countsOf(reader)).rejects.toMatchObject({ code: "CODEC_CLASS" });
      const { damage, operators } = await inspectSnapshot(reader);
      expect([damage, operators[0]?.keyed?.states]).toMatchObject([[], [{ name: "last", entries: 2 }]]);
    }));
});
