import { collection, defineJob, print } from "millrace";
import { runJob, verifyJob } from "millrace/testing";
import { expect, it } from "vitest";

const job = defineJob("copies", (env) => {
  env.from(collection([1, 2]), { uid: "numbers" }).to(print(), { uid: "out" });
});

it.each([{ forMs: Number.NaN }, { forMs: -1 }, { startMs: Number.NaN }, { startMs: 0.5 }, { seed: Number.NaN }])(
  "%o of a test is refused by its name",
  async (options) => {
    const refused = { code: "TEST_OPTION", message: expect.stringContaining(String(Object.keys(options)[0])) };
    await expect(runJob(job, options)).rejects.toMatchObject(refused);
    await expect(verifyJob(job, options)).rejects.toMatchObject(refused);
  },
);

it.each([{ positionsMax: Number.NaN }, { positionsMax: 1.5 }, { parallelisms: [] }])(
  "%o, with which nothing would be verified, is refused",
  async (options) => {
    await expect(verifyJob(job, options)).rejects.toMatchObject({ code: "TEST_OPTION" });
  },
);

it("takes no parallelism where several are verified", async () => {
  // @ts-expect-error: it would do nothing.
  await verifyJob(job, { parallelism: 2, positionsMax: 1 });
});
