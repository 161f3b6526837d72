import { avro, schemaRegistry } from "@millrace/kafka/registry";
import { type Codec, collect, collection, defineJob, startJob, t } from "millrace";
import { describe, expect, test } from "vitest";
import { settled } from "../../packages/kafka/test/settled.ts";

interface Payment {
  readonly card: string;
  readonly paid: { readonly cents: number };
  readonly tags: readonly { readonly name: string }[];
  readonly by: { readonly name: string } | null;
}

const schema = {
  type: "record",
  name: "Payment",
  fields: [
    { name: "card", type: "string" },
    { name: "paid", type: { type: "record", name: "Paid", fields: [{ name: "cents", type: "long" }] } },
    { name: "tags", type: { type: "array", items: { type: "record", name: "Tag", fields: [{ name: "name", type: "string" }] } } },
    { name: "by", type: ["null", "Tag"] },
  ],
};

const registry = schemaRegistry({
  url: "http://none",
  transport: async ({ method }) => ({ status: 200, body: JSON.stringify(method === "POST" ? { id: 1 } : { schema: JSON.stringify(schema) }) }),
});

const codecs = {
  any: t.any() as Codec<Payment>,
  object: t.object({
    card: t.string(),
    paid: t.object({ cents: t.number() }),
    tags: t.array(t.object({ name: t.string() })),
    by: t.nullable(t.object({ name: t.string() })),
  }) as Codec<Payment>,
};

describe.each(["any", "object"] as const)("records of Avro in a job whose state is of t.%s", (kind) => {
  test.each([1, 2])("travel over edges and stay in state, parallelism %i", async (parallelism) => {
    const format = avro<Payment>(registry, { schema });
    const given = ["a", "b", "a", "c", "b", "a"].map((card, n) => ({
      card,
      paid: { cents: n + 1 },
      tags: [{ name: `tag ${n}` }],
      by: { name: "me" },
    }));
    const written = await Promise.all(given.map((payment) => settled(() => format.serialize(payment, "payments") as Buffer)));
    await settled(() => format.read(written[0] as Buffer));
    const out = collect<Payment>();
    const job = defineJob("payments", (env) => {
      env
        .from(collection(written.map((_, n) => n)), { uid: "in" })
        .map((n) => format.read(written[n] as Buffer))
        .keyBy(({ card }) => card)
        // The first of a key is kept as it was read.
        .reduce((a, b) => ({ card: a.card, paid: { cents: a.paid.cents + b.paid.cents }, tags: a.tags, by: a.by }), {
          uid: "sums",
          codec: codecs[kind],
        })
        .to(out, { uid: "out" });
    });
    await (await startJob(job, { ephemeral: true, parallelism, restart: { kind: "none" } })).finished;
    const last = new Map(
      out.values.map((payment) => [payment.card, Math.max(...out.values.filter(({ card }) => card === payment.card).map(({ paid }) => paid.cents))]),
    );
    expect(Object.fromEntries(last)).toEqual({ a: 10, b: 7, c: 4 });
    expect(out.values).toContainEqual(given[0]);
  });
});
